/** A site of somebody else's, on another origin than Reveille's: its pages, its copy of the service worker. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { LaunchedFirefox } from "../../peers/firefox.ts";

export interface Site {
	readonly url: string;
	/** Its `sw.js`. */
	readonly worker: string;
	/** Resolves when the service worker was woken by a push, once for each. */
	woken(timeoutMs?: number): Promise<void>;
	stop(): Promise<void>;
}

const ROOT = join(import.meta.dir, "../../../");
const MAX_MS = 30_000;

/** What its own lines in `sw.js` add: the test hears of each push, though no page of the site is open. */
const heard = (url: string) => `
self.addEventListener("push", (event) => event.waitUntil(fetch("${url}", { method: "POST", mode: "no-cors" })));`;

export const html = (content: string) =>
	new Response(`<!doctype html><meta charset="utf-8"><title>Somebody's chat</title>${content}`, {
		headers: { "Content-Type": "text/html" },
	});

export const script = (content: string | Blob) =>
	new Response(content, { headers: { "Content-Type": "text/javascript" } });

/** The site's copy of Reveille's service worker. */
export function copiedWorker(): string {
	const { files } = JSON.parse(readFileSync(join(ROOT, "dist/web.json"), "utf8"));
	return Buffer.from(Bun.gunzipSync(Buffer.from(files["site-sw.js"].gzip, "base64"))).toString();
}

/**
 * @param files by their paths; a page that is not there is an empty one
 * @param worker what its `sw.js` says
 */
export function startSite(
	files: (path: string) => Response | Promise<Response> | undefined,
	worker: string,
): Site {
	let woken = 0;
	const waiting: (() => void)[] = [];
	const server: Bun.Server<undefined> = Bun.serve({
		hostname: "127.0.0.1",
		port: 0,
		fetch(request) {
			const { pathname } = new URL(request.url);
			if (pathname === "/woken") {
				const next = waiting.shift();
				if (next) next();
				else woken++;
				return new Response(null, { status: 204 });
			}
			if (pathname === "/sw.js") return script(workerWithHearing());
			return files(pathname) ?? html("");
		},
	});
	const url = `http://127.0.0.1:${server.port}/`;
	const workerWithHearing = () => worker + heard(`${url}woken`);
	return {
		url,
		worker: workerWithHearing(),
		async woken(timeoutMs = MAX_MS) {
			if (woken > 0) {
				woken--;
				return;
			}
			const { promise, resolve, reject } = Promise.withResolvers<void>();
			const timer = setTimeout(() => reject(new Error("no push woke the site's service worker")), timeoutMs);
			waiting.push(resolve);
			await promise;
			clearTimeout(timer);
		},
		stop: () => server.stop(true),
	};
}

export interface Notified {
	title: string;
	body: string;
}

/**
 * What a site's service worker shows, read from an empty page of the site's, which is closed again.
 * @param url of that page, in the scope of the service worker
 */
export async function shownAt(
	{ browser }: LaunchedFirefox,
	url: string,
	fits: (shown: Notified) => boolean,
): Promise<Notified> {
	const page = await browser.newPage();
	try {
		await page.goto(url);
		const deadline = Date.now() + MAX_MS;
		for (;;) {
			const shown = await page.evaluate(async () => {
				const registration = await navigator.serviceWorker.getRegistration();
				const all = (await registration?.getNotifications()) ?? [];
				return all.map(({ title, body }) => ({ title, body }));
			});
			const found = shown.find(fits);
			if (found) return found;
			if (Date.now() > deadline) throw new Error(`not shown; there are: ${JSON.stringify(shown)}`);
			await Bun.sleep(50);
		}
	} finally {
		await page.close();
	}
}
