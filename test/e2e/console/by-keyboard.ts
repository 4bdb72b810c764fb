/** An operator without a mouse, in any browser. */
import { expect } from "bun:test";
import type { Page } from "puppeteer-core";
import { TOKEN } from "../../web/console/console-double.ts";
import type { DoubleServer } from "./double-server.ts";

/** ms; two busy cores */
export const PATIENCE_MS = 30_000;

/** Presses what has the focus: a button, or a summary. */
export type Activate = (page: Page) => Promise<unknown>;

/** Opens a page as somebody who comes to it anew. */
export async function open(page: Page, server: DoubleServer, hash: string): Promise<void> {
	await page.goto("about:blank");
	await page.goto(`${server.url}/admin/${hash}`);
	await page.waitForSelector("h1");
}

export const untilSaid = (page: Page, words: string) =>
	page.waitForFunction(
		// biome-ignore lint/performance/useDomNodeTextContent: what is hidden is not said.
		(wanted) => document.body.innerText.replace(/\s+/g, " ").includes(wanted),
		{ timeout: PATIENCE_MS, polling: 50 },
		words,
	);

const focused = (page: Page) =>
	page.evaluate(() => {
		const { activeElement: at } = document;
		return at?.getAttribute("aria-label") ?? at?.textContent?.trim() ?? "";
	});

/** Presses Tab until something with this name has the focus. */
async function tabTo(page: Page, name: string): Promise<void> {
	for (let turn = 0; turn < 120; turn++) {
		await page.keyboard.press("Tab");
		if ((await focused(page)) === name) return;
	}
	throw new Error(`Tab does not come to "${name}"`);
}

async function tabBack(page: Page): Promise<void> {
	await page.keyboard.down("Shift");
	await page.keyboard.press("Tab");
	await page.keyboard.up("Shift");
}

/** From the sign-in to a registration that ends. */
export async function endsByKeyboard(page: Page, server: DoubleServer, activate: Activate): Promise<void> {
	await page.setViewport({ width: 1280, height: 800 });
	server.double.stage = "ok";
	server.double.formToken = undefined;
	await open(page, server, "#/overview");
	await untilSaid(page, "Admin token");
	await page.keyboard.press("Tab");
	expect(await focused(page)).toBe("Go to the content");
	await page.keyboard.press("Tab");
	await page.keyboard.type(TOKEN);
	await page.keyboard.press("Enter");
	await untilSaid(page, "All is well");
	await tabTo(page, "Registrations");
	await page.keyboard.press("Enter");
	await untilSaid(page, "The first 50");
	expect(await focused(page)).toBe("Registrations");
	await page.keyboard.press("Tab");
	await page.keyboard.type("romeo");
	await page.keyboard.press("Enter");
	await untilSaid(page, "The first 50 that begin with “romeo”");
	await tabTo(page, "romeo@example.net");
	await page.keyboard.press("Enter");
	await untilSaid(page, "Everything known");
	await tabTo(page, "End it");
	await activate(page);
	await untilSaid(page, "1 registration ends at once");
	expect(await focused(page)).toBe("Keep it");
	await page.keyboard.press("Escape");
	await page.waitForFunction(() => !document.querySelector("dialog"));
	expect(await focused(page)).toBe("End it");
	await activate(page);
	await untilSaid(page, "1 registration ends at once");
	await tabBack(page);
	expect(await focused(page)).toBe("End it");
	await activate(page);
	await untilSaid(page, "The registration has ended.");
	expect(await focused(page)).toBe("The registration has ended.");
}

/** The menu of a narrow window. */
export async function walksByMenu(page: Page, server: DoubleServer, activate: Activate): Promise<void> {
	await page.setViewport({ width: 360, height: 800 });
	server.double.stage = "ok";
	server.double.formToken = "form-token-1";
	await open(page, server, "#/overview");
	await untilSaid(page, "All is well");
	const isOpen = () => page.evaluate(() => document.querySelector<HTMLDetailsElement>(".menu")?.open);
	await tabTo(page, "Menu");
	await activate(page);
	expect(await isOpen()).toBe(true);
	await page.keyboard.press("Escape");
	expect([await isOpen(), await focused(page)]).toEqual([false, "Menu"]);
	await activate(page);
	await tabTo(page, "Barred");
	await page.keyboard.press("Enter");
	await untilSaid(page, "Made-up endpoints");
	expect([await isOpen(), await focused(page)]).toEqual([false, "Barred"]);
}
