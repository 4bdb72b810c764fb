/**
 * Every page of the console in a real Firefox, wide and narrow, light and dark: what it says fits, axe-core finds
 * nothing, and its policy is never violated. `REVEILLE_SHOTS` names a folder for pictures.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "puppeteer-core";
import { type LaunchedFirefox, launchFirefox } from "../peers/firefox.ts";
import { problem } from "../web/console/console-double.ts";
import { event, type Stage } from "../web/console/samples.ts";
import { endsByKeyboard, open, PATIENCE_MS, untilSaid, walksByMenu } from "./console/by-keyboard.ts";
import { type DoubleServer, startDoubleServer } from "./console/double-server.ts";

const AXE = readFileSync(new URL("../../node_modules/axe-core/axe.min.js", import.meta.url), "utf8");
const WIDTHS = [1280, 360];

interface Scene {
	name: string;
	hash: string;
	stage?: Stage;
	/** It is there when this is read. */
	until: string;
	/** What an operator does first. */
	first?(page: Page): Promise<void>;
	isSignedOut?: true;
}

const press = async (page: Page, name: string) => {
	const quoted = name.includes("'") ? `"${name}"` : `'${name}'`;
	const path = `//main//*[self::button or self::a or self::summary][normalize-space(.)=${quoted} or @aria-label=${quoted}]`;
	await (await page.waitForSelector(`xpath/${path}`, { visible: true }))?.click();
};

/** Those that are looked at with each change. */
const STORY = new Set([
	"sign-in",
	"menu",
	"overview-broken",
	"services",
	"registrations",
	"registration-end",
	"bar",
	"events",
	"invites",
	"hostile-overview",
]);

const SCENES: readonly Scene[] = [
	{ name: "sign-in", hash: "#/overview", until: "Admin token", isSignedOut: true },
	{
		name: "sign-in-wrong",
		hash: "#/overview",
		until: "This is not the token.",
		isSignedOut: true,
		async first(page) {
			await page.type("#token", "another token");
			await press(page, "Sign in");
		},
	},
	{ name: "overview", hash: "#/overview", until: "Connectors" },
	{
		name: "menu",
		hash: "#/barred",
		until: "Made-up endpoints",
		first: (page) =>
			page.evaluate(() => {
				const menu = document.querySelector<HTMLDetailsElement>(".menu");
				if (menu) menu.open = true;
			}),
	},
	{
		name: "signed-out-in-the-middle",
		hash: "#/overview",
		until: "You are signed out",
		async first(page) {
			await untilSaid(page, "Connectors");
			server.double.formToken = undefined;
			await press(page, "Day");
		},
	},
	{
		name: "away",
		hash: "#/overview",
		until: "The database does not answer.",
		async first(page) {
			await untilSaid(page, "Connectors");
			server.double.instead.set("GET overview", () => problem(503, "The database does not answer."));
			await press(page, "Day");
			await untilSaid(page, "The database does not answer.");
			server.double.instead.clear();
		},
	},
	{ name: "overview-week", hash: "#/overview?period=week", until: "Pushes every 2 h" },
	{ name: "overview-empty", hash: "#/overview", stage: "empty", until: "FCM_SERVICE_ACCOUNT" },
	{ name: "overview-broken", hash: "#/overview", stage: "broken", until: "What to do" },
	{
		name: "overview-table",
		hash: "#/overview",
		until: "Delivered",
		async first(page) {
			await press(page, "Numbers as a table");
			await page.waitForSelector(".scroll tbody tr");
		},
	},
	{ name: "services", hash: "#/services", stage: "broken", until: "Why pushes failed" },
	{ name: "services-empty", hash: "#/services", stage: "empty", until: "No push failed" },
	{ name: "registrations", hash: "#/registrations?begins=ro&app=chat-ios", until: "Next 50" },
	{ name: "registrations-none", hash: "#/registrations?begins=nobody", until: "What happened to it" },
	{ name: "registration", hash: "#/registrations/8f2kR1xw7TqYb3mLz0hVd5Nc", until: "Everything known" },
	{
		name: "registration-ended",
		hash: "#/registrations/8f2kR1xw7TqYb3mLz0hVd5Nc",
		stage: "broken",
		until: "Not reached",
	},
	{
		name: "registration-unknown",
		hash: "#/registrations/8f2kR1xw7TqYb3mLz0hVd5Nc",
		stage: "empty",
		until: "No publish for this device",
	},
	{
		name: "registration-tested",
		hash: "#/registrations/8f2kR1xw7TqYb3mLz0hVd5Nc",
		until: "It works",
		first: (page) => press(page, "Send a test push"),
	},
	{
		name: "registration-end",
		hash: "#/registrations/8f2kR1xw7TqYb3mLz0hVd5Nc",
		until: "ends at once",
		first: (page) => press(page, "End it"),
	},
	{
		name: "bar",
		hash: "#/registrations/8f2kR1xw7TqYb3mLz0hVd5Nc",
		until: "1,204 registrations of 611 people",
		first: (page) => press(page, "Bar example.net"),
	},
	{ name: "barred", hash: "#/barred", until: "Made-up endpoints" },
	{ name: "barred-empty", hash: "#/barred", stage: "empty", until: "Nobody is barred" },
	{ name: "events", hash: "#/events", until: "Live" },
	{ name: "events-empty", hash: "#/events", stage: "empty", until: "Nothing happened" },
	{ name: "invites", hash: "#/invites", until: "Invites so far" },
	{
		name: "invite-made",
		hash: "#/invites",
		until: "Your new invite",
		async first(page) {
			await page.type("#for", "example.org");
			await press(page, "Make an invite");
		},
	},
	{ name: "invites-empty", hash: "#/invites", stage: "empty", until: "No invite so far" },
	...["overview", "services", "registrations", "registrations/x", "barred", "events", "invites"].map(
		(at): Scene => ({
			name: `hostile-${at.replace("/", "-")}`,
			hash: `#/${at}`,
			stage: "hostile",
			until: "constructor.constructor",
		}),
	),
];

let server: DoubleServer;

/** Each file has its own: this module is one for all that a process runs. */
function startsServer(): void {
	beforeAll(async () => {
		server = await startDoubleServer();
	});
	afterAll(() => server?.close());
}

/** What axe-core finds. As a script of the page's it would be blocked by the page's policy. */
async function faultsOf(page: Page): Promise<string[]> {
	await page.evaluate(AXE);
	return page.evaluate(async () => {
		const { axe } = globalThis as unknown as {
			axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
		};
		const { violations } = await axe.run();
		return violations.map(
			({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 300)).join(" ")}`,
		);
	});
}

async function watchPolicy(page: Page): Promise<void> {
	await page.evaluateOnNewDocument(() => {
		const violations: string[] = [];
		Object.assign(window, { violations });
		document.addEventListener("securitypolicyviolation", ({ effectiveDirective, blockedURI }) =>
			violations.push(`${effectiveDirective} ${blockedURI}`),
		);
	});
}

const violationsOf = (page: Page) =>
	page.evaluate(() => (window as unknown as { violations: string[] }).violations);

/** Has pages looked at in one scheme. @param which the story that each change is told, what is left of it, or all */
export function testPages(scheme: "light" | "dark", which: "story" | "rest" | "all"): void {
	const scenes = SCENES.filter(({ name }) => which === "all" || STORY.has(name) === (which === "story"));
	describe(scheme, () => {
		startsServer();
		let firefox: LaunchedFirefox;
		beforeAll(async () => {
			firefox = await launchFirefox({
				pushServerUrl: "ws://127.0.0.1:9/",
				preferences: {
					"intl.accept_languages": "en-GB",
					"layout.css.prefers-color-scheme.content-override": scheme === "dark" ? 0 : 1,
				},
			});
			await watchPolicy(firefox.page);
		}, 90_000);
		afterAll(() => firefox?.close(), 60_000);

		test.each(scenes.map((scene) => [scene.name, scene] as const))(
			"%s",
			async (name, { hash, stage = "ok", until, first, isSignedOut }) => {
				const { page } = firefox;
				server.double.stage = stage;
				server.double.formToken = isSignedOut ? undefined : "form-token-1";
				await page.setViewport({ width: 1280, height: 800 });
				await open(page, server, hash);
				await first?.(page);
				await untilSaid(page, until);
				for (const width of WIDTHS) {
					await page.setViewport({ width, height: 800 });
					await picture(page, `${name}-${width}-${scheme}`);
					expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
					expect(await faultsOf(page)).toEqual([]);
				}
				expect(await violationsOf(page)).toEqual([]);
				expect(await page.title()).toEndWith("· Reveille");
			},
			60_000,
		);
	});
}

async function picture(page: Page, name: string): Promise<void> {
	const folder = process.env.REVEILLE_SHOTS;
	if (!folder) return;
	mkdirSync(folder, { recursive: true });
	// A dialog stands in the middle of the window, not of the page.
	const fullPage = !(await page.evaluate(() => Boolean(document.querySelector("dialog"))));
	await page.screenshot({ path: join(folder, `${name}.png`), fullPage });
}

/** Has what somebody does by hand tried. */
export function testByHand(): void {
	describe("by hand", () => {
		startsServer();
		let firefox: LaunchedFirefox;
		beforeAll(async () => {
			firefox = await launchFirefox({
				pushServerUrl: "ws://127.0.0.1:9/",
				preferences: { "intl.accept_languages": "en-GB" },
			});
			await watchPolicy(firefox.page);
		}, 90_000);
		afterAll(() => firefox?.close(), 60_000);

		// In Firefox no key of WebDriver's presses a button: what has the focus is clicked. Chromium's does, in test:servers.
		const activate = (page: Page) =>
			page.evaluate(() =>
				document.activeElement instanceof HTMLElement ? document.activeElement.click() : undefined,
			);

		test("the keyboard alone signs in, looks for somebody, and ends a registration", async () => {
			await endsByKeyboard(firefox.page, server, activate);
			expect(await violationsOf(firefox.page)).toEqual([]);
		}, 90_000);

		test(
			"the menu of a narrow window opens and shuts by the keyboard, and goes away with another page",
			() => walksByMenu(firefox.page, server, activate),
			60_000,
		);

		test("what happens comes by itself, also after the stream was away", async () => {
			const { page } = firefox;
			await page.setViewport({ width: 1280, height: 800 });
			server.double.formToken = "form-token-1";
			await open(page, server, "#/events");
			await page.waitForFunction(() => document.querySelector(".badge.ok")?.textContent === "Live");
			const rows = () => page.evaluate(() => document.querySelectorAll("tbody tr").length);
			const before = await rows();
			server.double.happens(event(Date.now(), 3000));
			await page.waitForFunction(
				(count) => document.querySelectorAll("tbody tr").length === count,
				{},
				before + 1,
			);
			server.double.endStreams();
			server.double.happens(event(Date.now(), 3002));
			await page.waitForFunction(
				(count) => document.querySelectorAll("tbody tr").length === count,
				{ timeout: PATIENCE_MS },
				before + 2,
			);
			expect(await violationsOf(page)).toEqual([]);
		}, 60_000);
	});
}
