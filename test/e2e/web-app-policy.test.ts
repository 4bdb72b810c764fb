/** A real Firefox opens the web app of a real Reveille: the page runs under its policy, and can be installed. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { type LaunchedFirefox, launchFirefox } from "../peers/firefox.ts";
import { type Reveille, startReveille } from "../peers/reveille.ts";
import { startWebPushServer } from "../peers/web-push-server.ts";

const pushServer = startWebPushServer();
let firefox: LaunchedFirefox;
let reveille: Reveille;
beforeAll(async () => {
	[firefox, reveille] = await Promise.all([
		launchFirefox({ pushServerUrl: pushServer.browserUrl }),
		startReveille(),
	]);
}, 90_000);
afterAll(async () => {
	await firefox?.close();
	await reveille?.stop();
	await pushServer.stop();
}, 60_000);

test("the page loads its own files and nothing else, and violates no policy", async () => {
	const { page } = firefox;
	const asked: string[] = [];
	page.on("request", (request) => asked.push(request.url()));
	await page.evaluateOnNewDocument(() => {
		const violations: string[] = [];
		Object.assign(window, { violations });
		document.addEventListener("securitypolicyviolation", ({ effectiveDirective, blockedURI }) =>
			violations.push(`${effectiveDirective} ${blockedURI}`),
		);
	});
	await page.goto(`${reveille.url}/app/`);
	await page.waitForFunction(() => (document.getElementById("app")?.childElementCount ?? 0) > 0);
	expect(await page.evaluate(() => (window as unknown as { violations: string[] }).violations)).toEqual([]);
	expect(asked.filter((url) => !url.startsWith(`${reveille.url}/`))).toEqual([]);
	expect(asked).toContain(`${reveille.url}/app/main.js`);
}, 60_000);

test("what would be put into the page does not run", async () => {
	const ran = await firefox.page.evaluate(async () => {
		const blocked = new Promise<string>((resolve) => {
			document.addEventListener("securitypolicyviolation", ({ effectiveDirective }) =>
				resolve(effectiveDirective),
			);
		});
		const script = document.createElement("script");
		script.textContent = "window.ran = true";
		document.body.append(script);
		return [await blocked, "ran" in window];
	});
	expect(ran).toEqual(["script-src-elem", false]);
}, 30_000);

test("its service worker has the web app for its scope, and no more", async () => {
	const scopes = await firefox.page.evaluate(async () => {
		const { scope } = await navigator.serviceWorker.register("sw.js");
		const wider = await navigator.serviceWorker.register("sw.js", { scope: "/" }).then(
			() => "registered",
			({ name }) => name,
		);
		return [new URL(scope).pathname, wider];
	});
	expect(scopes).toEqual(["/app/", "SecurityError"]);
}, 30_000);
