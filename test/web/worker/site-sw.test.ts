/** The service worker that sites copy, as it is served: what it does of each event, with what push.js kept. */
import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { IDBFactory } from "fake-indexeddb";
import type { OtherSite } from "../../../src/web/devices.ts";
import { createDevices } from "../../../src/web/store/devices-store.ts";
import { ownDevice } from "../own-device.ts";

const { files } = JSON.parse(readFileSync(join(import.meta.dir, "../../../dist/web.json"), "utf8"));
const CODE = Buffer.from(
	Bun.gunzipSync(Buffer.from(files["site-sw.js"].gzip, "base64")) as Uint8Array,
).toString();

const SCOPE = "https://chat.example/files/";
const HOME = "https://chat.example/talk";
const BASE = "https://push.example";

interface Shown {
	title: string;
	options: { body: string; icon?: string; data: object };
}

/** A browser that runs it, with what the site's page kept. */
async function running(site: OtherSite = { home: HOME, apiBase: BASE }) {
	const indexedDB = new IDBFactory();
	const devices = createDevices({ indexedDB, now: Date.now, name: "reveille-site" });
	await devices.put(ownDevice());
	await devices.setSite(site);
	await devices.setOpenTemplate("");

	const listeners = new Map<string, (event: object) => void>();
	const shown: Shown[] = [];
	const opened: string[] = [];
	const asked: { method: string; url: string; authorization: string | null; body: unknown }[] = [];
	const subscribed: unknown[] = [];
	const subscription = { endpoint: "https://push.example/2", keys: { p256dh: "B", auth: "A" } };
	const self = {
		indexedDB,
		navigator: { languages: ["en"] },
		clients: {
			matchAll: async () => [],
			openWindow: async (url: string) => void opened.push(url),
		},
		registration: {
			scope: SCOPE,
			showNotification: async (title: string, options: Shown["options"]) =>
				void shown.push({ title, options }),
			pushManager: {
				getSubscription: async () => null,
				async subscribe({ applicationServerKey }: { applicationServerKey: unknown }) {
					subscribed.push(applicationServerKey);
					return { toJSON: () => subscription };
				},
			},
		},
		addEventListener: (name: string, listener: (event: object) => void) => void listeners.set(name, listener),
	};
	const fetch = async (url: string, init: RequestInit = {}) => {
		const { method = "GET", headers, body } = init;
		const authorization = new Headers(headers).get("Authorization");
		asked.push({ method, url, authorization, body: body && JSON.parse(String(body)) });
		return url.endsWith("/services")
			? Response.json({ apps: [{ service: "webpush", vapidPublicKey: "ours" }] })
			: Response.json({ node: "node-1" });
	};
	new Function("self", "fetch", CODE)(self, fetch);

	/** Resolves when the service worker has done what it waits for. */
	async function happens(name: string, event: object) {
		let done: Promise<unknown> = Promise.resolve();
		const waitUntil = (promise: Promise<unknown>) => {
			done = promise;
		};
		listeners.get(name)?.({ ...event, waitUntil });
		await done;
	}
	return { devices, shown, opened, asked, subscribed, happens };
}

const push = (payload: object) => ({ data: { json: () => payload } });
const tap = { notification: { close() {}, data: { node: "node-1" } } };

test("a push shows one notification, without a picture of ours", async () => {
	const { shown, happens } = await running();
	await happens("push", push({ node: "node-1", class: "high", sender: "juliet@example.net", body: "Hello" }));
	expect(shown).toHaveLength(1);
	expect(shown[0]).toMatchObject({ title: "juliet@example.net", options: { body: "Hello" } });
	expect(shown[0]?.options.icon).toBeUndefined();
});

test("a push that says nothing known shows one as well", async () => {
	const { shown, happens } = await running();
	await happens("push", {});
	expect(shown.map(({ title }) => title)).toEqual(["Something new"]);
});

test("a tap opens the page that enabled push", async () => {
	const { opened, happens } = await running();
	await happens("notificationclick", tap);
	expect(opened).toEqual([HOME]);
});

describe("a changed subscription", () => {
	test("is told to Reveille with the device secret", async () => {
		const { asked, subscribed, devices, happens } = await running();
		await happens("pushsubscriptionchange", {});
		expect(subscribed).toEqual(["ours"]);
		expect(asked.map(({ method, url, authorization }) => [method, url, authorization])).toEqual([
			["GET", `${BASE}/api/v1/services`, null],
			["PUT", `${BASE}/api/v1/registrations/node-1`, "Bearer secret-1"],
		]);
		expect((await devices.get("node-1"))?.endpoint).toBe("https://push.example/2");
	});

	test("is there all the same where Reveille's https address is not known: the next login tells", async () => {
		const { asked, subscribed, happens } = await running({ home: HOME });
		const oldSubscription = { options: { applicationServerKey: "former" } };
		await expect(happens("pushsubscriptionchange", { oldSubscription })).rejects.toThrow("not known");
		expect(subscribed).toEqual(["former"]);
		expect(asked).toEqual([]);
	});
});
