/** The web app in a real Chromium: all that needs no server of Google's, how that is said, and how soon it is there. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { sentencesOf } from "../../src/web/page/parts/fault-text.tsx";
import { en } from "../../src/web/page/texts/en.ts";
import { type Chromium, startChromium } from "../peers/chromium.ts";
import { openScene, type Scene } from "./scene.ts";
import { looks, signedIn } from "./web-app/reading.ts";
import { visitorAt } from "./web-app/visitor.ts";

let scene: Scene;
let chromium: Chromium;
beforeAll(async () => {
	scene = await openScene("prosody");
	chromium = await startChromium();
	console.log(chromium.version);
}, 90_000);
afterAll(async () => {
	await chromium?.close();
	await scene?.stop();
}, 60_000);

test("is set up as far as the push service, which this machine cannot reach", async () => {
	const { reveille, server } = scene;
	await chromium.allowNotifications(reveille.url);
	const visitor = visitorAt(chromium.page);
	await signedIn(visitor, scene);
	await visitor.click(en.allow.go);
	await visitor.untilSaid(sentencesOf(en, { kind: "push-service-away", reason: "" })[1], 60_000);
	await looks(visitor, "chromium-push-service-away");
	expect(await server.pushEnabled("bob")).toEqual([]);
}, 120_000);

test("is on the screen without holding the browser up", async () => {
	const { page } = chromium;
	await page.goto("about:blank");
	await page.evaluateOnNewDocument(() => {
		const long: number[] = [];
		Object.assign(globalThis, { long });
		new PerformanceObserver((list) => {
			for (const { duration } of list.getEntries()) long.push(duration);
		}).observe({ type: "longtask", buffered: true });
	});
	/** First paint of a page, ms, and its bytes. The first visit has nothing in its cache. */
	async function paint(path: string) {
		await page.goto(new URL(path, scene.reveille.url).href, { waitUntil: "load" });
		await page.waitForSelector("h1");
		await page.waitForFunction(() => performance.getEntriesByName("first-contentful-paint").length > 0);
		return page.evaluate(() => ({
			paintMs: performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? 0,
			bytes: performance
				.getEntriesByType("resource")
				.concat(performance.getEntriesByType("navigation"))
				.reduce((sum, entry) => sum + (entry as PerformanceResourceTiming).transferSize, 0),
			long: (globalThis as unknown as { long: number[] }).long,
		}));
	}
	await page.setCacheEnabled(false);
	const floor = await paint("/");
	const app = await paint("/app/");
	console.log(
		`first paint ${app.paintMs.toFixed(0)} ms, a page without scripts ${floor.paintMs.toFixed(0)} ms; ` +
			`${app.bytes} bytes; tasks of over 50 ms: ${app.long.length === 0 ? "none" : app.long.join(", ")}`,
	);
	expect(app.bytes).toBeGreaterThan(1_000);
	expect(app.bytes).toBeLessThan(80 * 1024);
}, 60_000);
