/** An operator at a real console: signed in by its page, and reading what its pages say. */
import type { Page } from "puppeteer-core";
import { PATIENCE_MS } from "./by-keyboard.ts";

export interface Operator {
	readonly page: Page;
	/** Opens a page of the console anew. @param hash such as `registrations/NODE` */
	goTo(hash: string): Promise<void>;
	/** Resolves when the page says so, wherever. */
	untilSaid(words: string | RegExp): Promise<void>;
	/** Presses a button or a link by its name. */
	press(name: string): Promise<void>;
	/** All that the page says. */
	said(): Promise<string>;
	/** What the page itself is answered. */
	ask<T>(path: string): Promise<T>;
	/** The same again and again, until it is so. */
	until<T>(path: string, isSo: (value: T) => boolean): Promise<T>;
}

export async function signIn(page: Page, url: string, token: string): Promise<Operator> {
	const untilSaid = async (words: string | RegExp) => {
		const { source, flags } = typeof words === "string" ? new RegExp(RegExp.escape(words)) : words;
		await page.waitForFunction(
			(wanted, how) =>
				// biome-ignore lint/performance/useDomNodeTextContent: what is hidden is not said.
				new RegExp(wanted, how).test(document.body.innerText.replace(/\s+/g, " ")),
			{ timeout: PATIENCE_MS, polling: 50 },
			source,
			flags,
		);
	};
	const press = async (name: string) => {
		const path = `//main//*[self::button or self::a or self::summary][normalize-space(.)="${name}" or @aria-label="${name}"]`;
		await (await page.waitForSelector(`xpath/${path}`, { visible: true }))?.click();
	};
	const ask = async <T>(path: string) =>
		JSON.parse(
			await page.evaluate(async (at) => {
				const answer = await fetch(`/admin/api/${at}`);
				if (!answer.ok) throw new Error(`${at}: ${answer.status} ${await answer.text()}`);
				return answer.text();
			}, path),
		) as T;

	await page.goto(`${url}/admin/`);
	await page.waitForSelector("#token");
	await page.type("#token", token);
	await press("Sign in");
	await untilSaid("Connectors");
	return {
		page,
		untilSaid,
		press,
		ask,
		async goTo(hash) {
			await page.goto("about:blank");
			await page.goto(`${url}/admin/#/${hash}`);
			await page.waitForSelector("h1");
		},
		// biome-ignore lint/performance/useDomNodeTextContent: what is hidden is not said.
		said: () => page.evaluate(() => document.body.innerText.replace(/\s+/g, " ")),
		async until<T>(path: string, isSo: (value: T) => boolean) {
			const until = Date.now() + PATIENCE_MS / 2;
			for (;;) {
				const value = await ask<T>(path);
				if (isSo(value)) return value;
				if (Date.now() > until) throw new Error(`It is still so: ${JSON.stringify(value).slice(0, 1000)}`);
				await Bun.sleep(50);
			}
		},
	};
}
