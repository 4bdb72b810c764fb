/** An operator at the console: in a real browser, or as the same requests without one. */
import type { Page } from "puppeteer-core";
import { type Chromium, startChromium } from "../../test/peers/chromium.ts";

export const ADMIN_TOKEN = "of-a-benchmark-which-lets-nobody-in-at-all";

/** What was waited for, ms. */
export interface Waited {
	overview: number[];
	search: number[];
}

export interface Operator {
	/** Opens the overview, looks for somebody, and goes back; what happens is followed live in a second page. */
	open(waited: Waited): Promise<void>;
	/** Has the overview asked for again, as its page does once a minute. */
	glance(): Promise<void>;
	/** Leaves the console. */
	shut(): Promise<void>;
	stop(): Promise<void>;
}

/** Of `COUNT` that were seeded, another one each time: nothing is answered from what was asked before. */
const somebody = (count: number) => `user${Math.floor(Math.random() * count)}`;

/** Waits in the page, where it is no one's turn but the page's, until it says so; and until that is painted. */
const untilSaid = (page: Page, words: readonly string[]): Promise<number> =>
	page.evaluate(
		(wanted) =>
			new Promise<number>((resolve) => {
				// biome-ignore lint/performance/useDomNodeTextContent: what is hidden is not said.
				const isSaid = () => wanted.every((each) => document.body.innerText.includes(each));
				const now = () => resolve(performance.now());
				// A page behind another one is not painted.
				const done = () => (document.hidden ? now() : requestAnimationFrame(now));
				if (isSaid()) return done();
				const observer = new MutationObserver(() => {
					if (!isSaid()) return;
					observer.disconnect();
					done();
				});
				observer.observe(document, { childList: true, subtree: true, characterData: true });
			}),
		words,
	);

const OVERVIEW = ["Connectors", "Gates", "Credentials"];

/** @param url of the Reveille @param count of registrations */
export async function startOperator(url: string, count: number): Promise<Operator> {
	const browser: Chromium = await startChromium();
	const { page } = browser;
	const events = await page.browser().newPage();
	await page.bringToFront();

	async function signIn() {
		await page.goto(`${url}/admin/`);
		await page.waitForSelector("#token, #begins, .health");
		if (await page.$("#token")) {
			await page.type("#token", ADMIN_TOKEN);
			await page.keyboard.press("Enter");
		}
		await untilSaid(page, OVERVIEW);
	}

	async function look({ overview, search }: Waited) {
		await page.goto("about:blank");
		await page.goto(`${url}/admin/#/overview`, { waitUntil: "domcontentloaded" });
		// The page's clock begins where it was asked for.
		overview.push(await untilSaid(page, OVERVIEW));
		await page.evaluate(() => {
			location.hash = "#/registrations";
		});
		await untilSaid(page, ["The first 50"]);
		const begins = somebody(count);
		await page.type("#begins", begins);
		const from = await page.evaluate(() => {
			document.querySelector<HTMLFormElement>("search form")?.requestSubmit();
			return performance.now();
		});
		search.push((await untilSaid(page, [`“${begins}”`, "found in"])) - from);
		await page.evaluate(() => {
			location.hash = "#/overview";
		});
	}

	return {
		async open(waited) {
			await signIn();
			await look(waited);
			await events.goto(`${url}/admin/#/events`);
			await untilSaid(events, ["Newest first"]);
			await page.bringToFront();
		},
		async glance() {
			await page.evaluate(() => {
				location.hash = location.hash.endsWith("day") ? "#/overview" : "#/overview?period=day";
			});
		},
		async shut() {
			await Promise.all([page.goto("about:blank"), events.goto("about:blank")]);
		},
		stop: () => browser.close(),
	};
}

/** Asks for what the pages ask for, and draws nothing: what the browser itself takes of the machine is left out. */
export async function startAsking(url: string, count: number): Promise<Operator> {
	const Origin = new URL(url).origin;
	let Cookie = "";
	let leave = new AbortController();
	const get = async (path: string) => {
		const answer = await fetch(`${url}/admin/api/${path}`, { headers: { Cookie } });
		if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
		await answer.bytes();
	};
	async function look({ overview, search }: Waited) {
		const begun = performance.now();
		await get("session");
		await get("overview");
		overview.push(performance.now() - begun);
		await get("registrations");
		const asked = performance.now();
		await get(`registrations?begins=${somebody(count)}`);
		search.push(performance.now() - asked);
		await get("overview");
	}
	return {
		async open(waited) {
			if (Cookie === "") {
				const answer = await fetch(`${url}/admin/api/session`, {
					method: "POST",
					headers: { Origin, "Content-Type": "application/json" },
					body: JSON.stringify({ token: ADMIN_TOKEN }),
				});
				if (!answer.ok) throw new Error(`signing in: ${answer.status}`);
				Cookie = answer.headers.get("Set-Cookie")?.split(";")[0] ?? "";
			}
			leave = new AbortController();
			const live = await fetch(`${url}/admin/api/events/live`, {
				headers: { Cookie },
				signal: leave.signal,
			});
			void live.bytes().catch(() => {});
			await get("events");
			await look(waited);
		},
		glance: () => get("overview?period=day"),
		async shut() {
			leave.abort();
		},
		async stop() {
			leave.abort();
		},
	};
}
