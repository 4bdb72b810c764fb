/**
 * A real, headless Firefox with a page that subscribes to Web Push and a service worker that opens each push.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import puppeteer, { type Browser, type Page } from "puppeteer-core";
import { temporaryFolder } from "./folder.ts";
import { dieWithParent, guard } from "./guard.ts";
import { MissingPeer } from "./missing-peer.ts";
import { endFamily, familyOf } from "./process-table.ts";
import type { SubscriptionJson } from "./web-push-device.ts";

/** Settings of the browser. */
export interface FirefoxOptions {
	/** Where the push service listens for browsers: `browserUrl` of a push server double. */
	pushServerUrl: string;
	/** What else the page's origin serves. Default: nothing. */
	site?(request: Request): Response | undefined;
	/** `false` shows the window. Default: headless. */
	headless?: boolean;
}

/** A running browser with its page open. */
export interface Firefox {
	/** The page's own address. */
	readonly pageUrl: string;
	readonly pid: number;
	/** Firefox's version, as it says itself. */
	readonly version: string;
	/**
	 * Subscribes as a web app does.
	 *
	 * @param applicationServerKey the VAPID public key, base64url
	 */
	subscribe(applicationServerKey: string): Promise<SubscriptionJson>;
	/** Ends the subscription at the browser and so at the push service. */
	unsubscribe(): Promise<void>;
	/**
	 * Resolves to the text of the first push that no earlier wait took, as the service worker decrypted it; an
	 * empty text for a push without content.
	 *
	 * @throws at the deadline
	 */
	waitForDecrypted(timeoutMs?: number): Promise<string>;
	/** The page, for screenshots and such. */
	readonly page: Page;
	/** Ends the browser and deletes its profile. */
	close(): Promise<void>;
}

const PAGE = `<!doctype html><meta charset="utf-8"><title>A sleeping app</title>
<h1>A sleeping app</h1><ul id="pushes"></ul>
<script>
navigator.serviceWorker.addEventListener("message", ({ data }) => {
	const line = document.createElement("li");
	line.textContent = data;
	document.getElementById("pushes").append(line);
});
</script>`;

const WORKER = `
self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("push", (event) => event.waitUntil((async () => {
	const text = event.data ? event.data.text() : "";
	for (const page of await self.clients.matchAll()) page.postMessage(text);
	await fetch("/decrypted", { method: "POST", body: text });
})()));`;

/** What a Firefox is started with. */
export interface LaunchOptions {
	/** Where the push service listens for browsers: `browserUrl` of a push server double. */
	pushServerUrl: string;
	/** Settings of `about:config` beside those for the push service. */
	preferences?: Readonly<Record<string, string | number | boolean>>;
	/** `false` shows the window. Default: headless. */
	headless?: boolean;
	/** Default: `false`, as for everybody. */
	acceptInsecureCerts?: boolean;
	/** Further arguments of the command line. */
	args?: readonly string[];
}

/** A running browser with an empty page. */
export interface LaunchedFirefox {
	readonly browser: Browser;
	readonly page: Page;
	readonly pid: number;
	/** Ends the browser and deletes its profile. */
	close(): Promise<void>;
}

/**
 * Starts the browser.
 *
 * @throws {MissingPeer} when no Firefox is installed
 */
export async function launchFirefox(options: LaunchOptions): Promise<LaunchedFirefox> {
	const program = findFirefox();
	const folder = temporaryFolder("firefox");
	const profile = join(folder.path, "profile");
	mkdirSync(profile);
	const executablePath = join(folder.path, "firefox");
	writeFileSync(executablePath, `#!/bin/sh\nexec ${[...dieWithParent(), program].join(" ")} "$@"\n`, {
		mode: 0o755,
	});

	let browser: Browser | undefined;
	let pid = 0;
	let unguard = () => {};
	const close = async () => {
		const family = familyOf(pid);
		await browser?.close();
		// Its content processes notice a moment later.
		await endFamily(family);
		unguard();
		folder.remove();
	};
	try {
		browser = await puppeteer.launch({
			browser: "firefox",
			executablePath,
			// Who started it decides what an interruption means.
			handleSIGINT: false,
			handleSIGTERM: false,
			handleSIGHUP: false,
			headless: options.headless ?? true,
			args: [...(options.args ?? [])],
			acceptInsecureCerts: options.acceptInsecureCerts ?? false,
			userDataDir: profile,
			// Firefox refuses to run as root in another user's home, and would leave its caches in ours.
			env: { ...process.env, HOME: folder.path, XDG_CACHE_HOME: folder.path, XDG_CONFIG_HOME: folder.path },
			extraPrefsFirefox: {
				"dom.push.enabled": true,
				"dom.push.connection.enabled": true,
				"dom.push.serverURL": options.pushServerUrl,
				"dom.push.testing.allowInsecureServerURL": true,
				"dom.serviceWorkers.testing.enabled": true,
				...options.preferences,
			},
		});
		pid = browser.process()?.pid ?? 0;
		unguard = guard(pid);
		const [first] = await browser.pages();
		return { browser, pid, page: first ?? (await browser.newPage()), close };
	} catch (error) {
		await close();
		throw error;
	}
}

/**
 * Starts the browser and opens the page.
 *
 * @throws {MissingPeer} when no Firefox is installed
 */
export async function startFirefox(options: FirefoxOptions): Promise<Firefox> {
	const decrypted: string[] = [];
	const waiting: ((text: string) => void)[] = [];
	const site = Bun.serve({
		hostname: "127.0.0.1",
		port: 0,
		routes: {
			"/": new Response(PAGE, { headers: { "Content-Type": "text/html" } }),
			"/worker.js": new Response(WORKER, { headers: { "Content-Type": "text/javascript" } }),
			"/decrypted": {
				POST: async (request) => {
					const text = await request.text();
					const waiter = waiting.shift();
					if (waiter) waiter(text);
					else decrypted.push(text);
					return new Response(null, { status: 204 });
				},
			},
		},
		fetch: (request) => options.site?.(request) ?? new Response(null, { status: 404 }),
	});
	const pageUrl = `http://127.0.0.1:${site.port}/`;
	let launched: LaunchedFirefox | undefined;
	const close = async () => {
		await launched?.close();
		await site.stop(true);
	};
	try {
		launched = await launchFirefox({
			pushServerUrl: options.pushServerUrl,
			preferences: { "dom.push.testing.ignorePermission": true },
			headless: options.headless ?? true,
		});
		const { browser, page, pid } = launched;
		await page.goto(pageUrl);
		return {
			pageUrl,
			page,
			pid,
			version: await browser.version(),
			async subscribe(applicationServerKey) {
				const subscription = await page.evaluate(async (key) => {
					await navigator.serviceWorker.register("/worker.js");
					const { pushManager } = await navigator.serviceWorker.ready;
					const made = await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
					return JSON.stringify(made);
				}, applicationServerKey);
				return JSON.parse(subscription);
			},
			async unsubscribe() {
				await page.evaluate(async () => {
					const { pushManager } = await navigator.serviceWorker.ready;
					await (await pushManager.getSubscription())?.unsubscribe();
				});
			},
			waitForDecrypted(timeoutMs = 20_000) {
				const text = decrypted.shift();
				if (text !== undefined) return Promise.resolve(text);
				return new Promise((resolve, reject) => {
					const take = (received: string) => {
						clearTimeout(timer);
						resolve(received);
					};
					const timer = setTimeout(() => {
						waiting.splice(waiting.indexOf(take), 1);
						reject(new Error(`Firefox decrypted nothing within ${timeoutMs} ms`));
					}, timeoutMs);
					waiting.push(take);
				});
			},
			close,
		};
	} catch (error) {
		await close();
		throw error;
	}
}

/** The program's path. @throws {MissingPeer} when it is not installed */
export function findFirefox(): string {
	const program = Bun.which("firefox-esr") ?? Bun.which("firefox");
	if (program === null) throw new MissingPeer("Firefox", ["firefox-esr"]);
	return program;
}
