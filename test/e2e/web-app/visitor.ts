/** Somebody with a real Firefox who opens the web app: what they read, click and type. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "puppeteer-core";
import type { OwnDevice } from "../../../src/web/devices.ts";
import { type LaunchedFirefox, type LaunchOptions, launchFirefox } from "../../peers/firefox.ts";

/** "permissions.default.desktop-notification" */
const PERMISSION = { granted: 1, denied: 2 } as const;

export interface VisitorOptions extends Omit<LaunchOptions, "preferences"> {
	/** What they said to "May this page show notifications?". Default: granted. */
	permission?: keyof typeof PERMISSION;
	preferences?: LaunchOptions["preferences"];
}

/** A notification as the browser has it. */
export interface Shown {
	title: string;
	body: string;
}

export interface Visitor {
	readonly page: Page;
	/** Opens the web app of a Reveille. @param hash with its `#` */
	open(reveilleUrl: string, hash?: string): Promise<void>;
	/** Resolves when the page is headed so. */
	untilHeading(text: string, timeoutMs?: number): Promise<void>;
	/** Resolves when the page says this somewhere. */
	untilSaid(text: string, timeoutMs?: number): Promise<void>;
	heading(): Promise<string>;
	/** All that the page says. */
	text(): Promise<string>;
	/** Types into the field with this label, in place of what it has. */
	type(label: string, text: string): Promise<void>;
	/** Clicks the button or link with this name. @param within an element's name, such as `dialog` */
	click(name: string, within?: string): Promise<void>;
	/** What the service worker shows, once there is some that fits. */
	untilNotified(fits: (shown: Shown) => boolean, timeoutMs?: number): Promise<Shown>;
	/** What this browser keeps of its devices. */
	devices(): Promise<OwnDevice[]>;
	/** Resolves when that is so. */
	untilDevices(fit: (devices: readonly OwnDevice[]) => boolean, timeoutMs?: number): Promise<void>;
	/** Pictures of the page, wide and narrow, where REVEILLE_SHOTS names a folder for them. */
	picture(name: string): Promise<void>;
}

/** With a Firefox of their own. */
export interface FirefoxVisitor extends Visitor {
	readonly firefox: LaunchedFirefox;
	close(): Promise<void>;
}

/** What the browser prefers. `REVEILLE_SHOTS_SCHEME=dark` has all tests read and pictured so. */
const SCHEME = process.env.REVEILLE_SHOTS_SCHEME === "dark" ? "dark" : "light";

/** ms; a real server and a browser on two busy cores */
const PATIENCE_MS = 30_000;

export async function startVisitor(options: VisitorOptions): Promise<FirefoxVisitor> {
	const { permission = "granted", preferences, ...others } = options;
	const firefox = await launchFirefox({
		...others,
		preferences: {
			"permissions.default.desktop-notification": PERMISSION[permission],
			"alerts.useSystemBackend": false,
			"intl.accept_languages": "en-US",
			"layout.css.prefers-color-scheme.content-override": SCHEME === "dark" ? 0 : 1,
			...preferences,
		},
	});
	return { ...visitorAt(firefox.page), firefox, close: firefox.close };
}

/** Somebody at an empty page of a browser that is there. */
export function visitorAt(page: Page): Visitor {
	page.setDefaultTimeout(PATIENCE_MS);

	// biome-ignore lint/performance/useDomNodeTextContent: what is hidden is not said.
	const text = () => page.evaluate(() => document.body.innerText);
	const heading = () => page.evaluate(() => document.querySelector("h1")?.textContent ?? "");

	/** @throws with what the page says instead */
	async function until(what: string, wait: () => Promise<unknown>) {
		try {
			await wait();
		} catch (cause) {
			throw new Error(`${what}; the page says:\n${await text()}`, { cause });
		}
	}

	const visitor: Visitor = {
		page,
		async open(reveilleUrl, hash = "") {
			await page.goto(new URL(`/app/${hash}`, reveilleUrl).href);
			await page.waitForSelector("h1");
		},
		untilHeading: (wanted, timeout = PATIENCE_MS) =>
			until(`no heading "${wanted}"`, () =>
				page.waitForFunction(
					(one) => document.querySelector("h1")?.textContent === one,
					{ timeout, polling: 50 },
					wanted,
				),
			),
		untilSaid: (wanted, timeout = PATIENCE_MS) =>
			until(`"${wanted}" is not said`, () =>
				page.waitForFunction(
					// biome-ignore lint/performance/useDomNodeTextContent: what is hidden is not said.
					(one) => document.body.innerText.replace(/\s+/g, " ").includes(one),
					{ timeout, polling: 50 },
					wanted,
				),
			),
		heading,
		text,
		async type(label, typed) {
			await until(`no field is labelled "${label}"`, async () => {
				const labelled = `//input[@id=//label[normalize-space(.)=${quoted(label)}]/@for]`;
				const field = await page.waitForSelector(`xpath/${labelled}`, { visible: true });
				await field?.click({ count: 3 });
				await page.keyboard.press("Backspace");
				await field?.type(typed);
			});
		},
		async click(name, within) {
			await until(`nothing to click is named "${name}"`, async () => {
				const place = within === undefined ? "" : `//${within}`;
				const named = `${place}//*[self::button or self::a or self::summary][normalize-space(.)=${quoted(name)}]`;
				const found = await page.waitForSelector(`xpath/${named}`, { visible: true });
				await found?.click();
			});
		},
		async untilNotified(fits, timeoutMs = PATIENCE_MS) {
			const deadline = Date.now() + timeoutMs;
			for (;;) {
				const shown = await page.evaluate(async () => {
					const registration = await navigator.serviceWorker.ready;
					return (await registration.getNotifications()).map(({ title, body }) => ({ title, body }));
				});
				const found = shown.find(fits);
				if (found) return found;
				if (Date.now() > deadline) throw new Error(`not shown; there are: ${JSON.stringify(shown)}`);
				await Bun.sleep(50);
			}
		},
		devices: () =>
			page.evaluate(
				() =>
					new Promise<OwnDevice[]>((resolve, reject) => {
						const opening = indexedDB.open("reveille");
						opening.onerror = () => reject(opening.error);
						opening.onsuccess = () => {
							const { result } = opening;
							const all = result.transaction("devices").objectStore("devices").getAll();
							all.onsuccess = () => {
								result.close();
								resolve(all.result);
							};
						};
					}),
			),
		async untilDevices(fit, timeoutMs = PATIENCE_MS) {
			const deadline = Date.now() + timeoutMs;
			while (!fit(await visitor.devices())) {
				if (Date.now() > deadline) throw new Error(`they are: ${JSON.stringify(await visitor.devices())}`);
				await Bun.sleep(50);
			}
		},
		async picture(name) {
			const folder = process.env.REVEILLE_SHOTS;
			if (!folder) return;
			mkdirSync(folder, { recursive: true });
			for (const width of [1280, 360]) {
				await page.setViewport({ width, height: 800 });
				await page.screenshot({ path: join(folder, `${name}-${width}-${SCHEME}.png`), fullPage: true });
			}
		},
	};
	return visitor;
}

/** A string of XPath 1.0. */
const quoted = (text: string) => (text.includes("'") ? `"${text}"` : `'${text}'`);
