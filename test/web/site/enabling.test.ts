/** Push for a site's own pages: each step, what is kept, and what its developer reads where it does not work. */
import { describe, expect, test } from "bun:test";
import { IDBFactory } from "fake-indexeddb";
import type { Element } from "../../../src/syntax/xml.ts";
import type { SubscriptionJson } from "../../../src/web/kit/kit.ts";
import { createSiteKit, type EnableOptions, type SitePlatform } from "../../../src/web/site/enabling.ts";
import { PushError } from "../../../src/web/site/push-error.ts";
import type { SiteBrowser } from "../../../src/web/site/site-browser.ts";
import { createDevices } from "../../../src/web/store/devices-store.ts";
import { failure, result } from "../kit/scripted-server.ts";
import { type Answer, xmppJs } from "./fake-connections.ts";

const REVEILLE = "push@example.net/push";
const ACCOUNT = "romeo@example.org";
const KEY = "BKey";

const field = (name: string, value: string) => `<field var='${name}'><value>${value}</value></field>`;
const command = (iq: Element, fields: string) =>
	result(
		iq,
		`<command xmlns='http://jabber.org/protocol/commands'><x xmlns='jabber:x:data'>${fields}</x></command>`,
	);
const registered = (node: string) =>
	field("jid", REVEILLE) + field("node", node) + field("secret", "s") + field("device-secret", `d-${node}`);

/** A word for what is asked. */
function nameOf(iq: Element): string {
	const [child] = iq.getChildElements();
	if (child?.name !== "command") return child?.name ?? "";
	return child.getChild("x") ? child.attrs.node : `${child.attrs.node}?`;
}

/** What a good server and a good Reveille say; the command's form has the key. */
const good: Answer = (iq) => {
	switch (nameOf(iq)) {
		case "register-push-webpush?":
			return command(iq, field("vapid-public-key", KEY));
		case "register-push-webpush":
			return command(iq, registered("node-1"));
		default:
			return result(iq);
	}
};

/** Good, but for one question. */
const but =
	(name: string, answer: Answer): Answer =>
	(iq) =>
		nameOf(iq) === name ? answer(iq) : good(iq);

const subscription = (name: string): SubscriptionJson => ({
	endpoint: `https://push.example/${name}`,
	keys: { p256dh: "BP", auth: "A" },
});

function scene({
	browser = {},
	...changes
}: Partial<Omit<SitePlatform, "browser">> & { browser?: object } = {}) {
	const did: string[] = [];
	const now = () => 1_800_000_000_000;
	const devices = createDevices({ indexedDB: new IDBFactory(), now });
	const its: SiteBrowser = {
		obstacle: () => undefined,
		async askPermission() {
			did.push("ask");
			return "granted";
		},
		async serviceWorker(url) {
			did.push(`worker ${url}`);
			return {} as ServiceWorkerRegistration;
		},
		async subscribe(_, key) {
			did.push(`subscribe ${key}`);
			return subscription("1");
		},
		async unsubscribe() {
			did.push("unsubscribe");
		},
		name: () => "Firefox, Linux",
		url: () => new URL("https://chat.example/talk"),
		...browser,
	};
	const kit = createSiteKit({
		browser: its,
		devices,
		clock: { now, after: () => new Promise(() => {}) },
		fetch: async () => Response.error(),
		timeout: () => new AbortController().signal,
		newId: () => "fresh",
		origin: undefined,
		...changes,
	});
	const enable = (answer: Answer = good, options: Partial<EnableOptions> = {}) => {
		const connection = xmppJs((iq) => {
			did.push(nameOf(iq));
			return answer(iq);
		});
		const enabled = kit.enablePush({ connection, reveille: REVEILLE, ...options });
		return { enabled, heard: connection.heard };
	};
	const disable = (answer: Answer = good) =>
		kit.disablePush({
			connection: xmppJs((iq) => {
				did.push(nameOf(iq));
				return answer(iq);
			}),
			reveille: REVEILLE,
		});
	return { did, devices, kit, enable, disable };
}

/** What a promise was rejected with, as a site reads it. */
async function errorOf(promise: Promise<unknown>): Promise<string> {
	const error = await promise.then(
		() => undefined,
		(thrown: unknown) => thrown,
	);
	return error instanceof PushError ? error.code : `no PushError: ${error}`;
}

/** The fields of the form that registers. */
function filledIn(heard: readonly Element[]): Record<string, string[]> {
	const form = heard
		.find((iq) => nameOf(iq) === "register-push-webpush")
		?.getChild("command")
		?.getChild("x");
	const fields = form?.getChildren("field") ?? [];
	return Object.fromEntries(
		fields.map((one) => [one.attrs.var, one.getChildren("value").map((value) => value.text())]),
	);
}

describe("enabling", () => {
	test("asks the person first, then registers and enables, and returns what is kept", async () => {
		const { did, enable, kit, devices } = scene();
		const { enabled, heard } = enable();
		const kept = await enabled;
		expect(did).toEqual([
			"ask",
			"query",
			"query",
			"worker sw.js",
			"register-push-webpush?",
			`subscribe ${KEY}`,
			"register-push-webpush",
			"enable",
		]);
		expect(kept).toMatchObject({
			account: ACCOUNT,
			jid: REVEILLE,
			node: "node-1",
			deviceSecret: "d-node-1",
			name: "Firefox, Linux",
		});
		expect(await kit.keptDevice(ACCOUNT)).toMatchObject({ node: "node-1" });
		expect(await kit.keptDevice("juliet@example.org")).toBeUndefined();
		expect(filledIn(heard)).toEqual({
			token: ["https://push.example/1"],
			p256dh: ["BP"],
			auth: ["A"],
			"device-id": ["fresh"],
			"device-name": ["Firefox, Linux"],
			classes: ["voip", "high"],
			title: ["chat.example"],
			navigate: ["https://chat.example/talk"],
		});
		expect(await devices.site()).toEqual({ home: "https://chat.example/talk" });
	});

	test("does as the site likes", async () => {
		const { did, enable, devices } = scene();
		const options = {
			worker: "/push/sw.js",
			name: "Kitchen",
			open: "https://chat.example/#{jid}",
			low: true,
			title: "Chat",
			service: "https://push.example.net/",
		};
		const { enabled, heard } = enable(good, options);
		expect(await enabled).toMatchObject({ name: "Kitchen" });
		expect(did).toContain("worker /push/sw.js");
		expect(filledIn(heard)).toMatchObject({ classes: ["voip", "high", "low"], title: ["Chat"] });
		expect(await devices.openTemplate()).toBe(options.open);
		expect((await devices.site())?.apiBase).toBe("https://push.example.net");
	});

	test("has the server encrypt for this browser alone, where it can", async () => {
		const features = ["urn:xmpp:push:0", "tigase:push:encrypt:0", "tigase:push:encrypt:aes-128-gcm"];
		const disco = features.map((feature) => `<feature var='${feature}'/>`).join("");
		const { enable, devices } = scene();
		const { enabled, heard } = enable(
			but("query", (iq) =>
				result(iq, `<query xmlns='http://jabber.org/protocol/disco#info'>${disco}</query>`),
			),
		);
		const kept = await enabled;
		const [device] = await devices.all();
		expect(device?.contentKey).toBeInstanceOf(CryptoKey);
		expect(kept).not.toHaveProperty("contentKey");
		const encrypt = heard
			.find((iq) => nameOf(iq) === "enable")
			?.getChild("enable")
			?.getChild("encrypt");
		expect(encrypt?.attrs.alg).toBe("aes-128-gcm");
		expect(Buffer.from(encrypt?.text() ?? "", "base64")).toHaveLength(16);
	});

	test("shows an invite", async () => {
		const { enabled, heard } = scene().enable(good, { invite: "ABCD-EFGH-JKLM" });
		await enabled;
		expect(filledIn(heard).invite).toEqual(["ABCD-EFGH-JKLM"]);
	});

	test("takes the site's own service worker", async () => {
		const { did, enable } = scene();
		await enable(good, { registration: {} as ServiceWorkerRegistration }).enabled;
		expect(did.filter((what) => what.startsWith("worker"))).toEqual([]);
	});

	test("once more tells the subscription that there is now, of the same device", async () => {
		let current = "1";
		const { enable, devices } = scene({ browser: { subscribe: async () => subscription(current) } });
		await enable().enabled;
		current = "2";
		const { enabled, heard } = enable();
		await enabled;
		expect(filledIn(heard)).toMatchObject({
			token: ["https://push.example/2"],
			"device-id": ["fresh"],
		});
		expect((await devices.all()).map(({ endpoint }) => endpoint)).toEqual(["https://push.example/2"]);
	});

	test("forgets the node of before, where Reveille gives another", async () => {
		const { enable, devices } = scene();
		await enable().enabled;
		await enable(but("register-push-webpush", (iq) => command(iq, registered("node-2")))).enabled;
		expect((await devices.all()).map(({ node }) => node)).toEqual(["node-2"]);
	});

	test("on a page of http, as at home, says nothing that Reveille refuses", async () => {
		const { enable } = scene({ browser: { url: () => new URL("http://localhost/") } });
		const { enabled, heard } = enable();
		await enabled;
		expect(filledIn(heard).navigate).toBeUndefined();
	});
});

describe("the key", () => {
	const silent = but("register-push-webpush?", (iq) => command(iq, field("token", "")));
	const services = (body: unknown) => {
		const asked: string[] = [];
		const fetch = async (url: string) => {
			asked.push(url);
			return Response.json(body);
		};
		return { asked, fetch };
	};
	const APPS = { apps: [null, { service: "ntfy" }, { service: "webpush", vapidPublicKey: "BHttp" }] };

	test("is asked over HTTP where the command does not say it", async () => {
		const { asked, fetch } = services(APPS);
		const { did, enable } = scene({ fetch });
		await enable(silent, { service: "https://push.example.net/" }).enabled;
		expect(asked).toEqual(["https://push.example.net/api/v1/services"]);
		expect(did).toContain("subscribe BHttp");
	});

	test("is asked where the module came from, if the site says nothing else", async () => {
		const { asked, fetch } = services(APPS);
		await scene({ fetch, origin: "https://push.example.net" }).enable(silent).enabled;
		expect(asked).toEqual(["https://push.example.net/api/v1/services"]);
	});

	test("is not asked over HTTP where the command says it", async () => {
		const { asked, fetch } = services(APPS);
		await scene({ fetch }).enable(good, { service: "https://push.example.net" }).enabled;
		expect(asked).toEqual([]);
	});

	test("that nobody says is a fault", async () => {
		expect(await errorOf(scene().enable(silent).enabled)).toBe("no-key");
		const { fetch } = services({ apps: [{ service: "ntfy" }] });
		const origin = "https://push.example.net";
		expect(await errorOf(scene({ fetch, origin }).enable(silent).enabled)).toBe("no-key");
		expect(await errorOf(scene({ origin }).enable(silent).enabled)).toBe("http-away");
	});
});

describe("what does not work has a code and a sentence:", () => {
	const failing = (error: unknown) => async () => {
		throw error;
	};

	test.each(["insecure", "home-screen", "unsupported"] as const)(
		"%s, before anybody is asked",
		async (why) => {
			const { did, enable } = scene({ browser: { obstacle: () => why } });
			expect(await errorOf(enable().enabled)).toBe(why);
			expect(did).toEqual([]);
		},
	);

	test.each([
		["denied", "denied"],
		["default", "dismissed"],
	])("a permission that is %s", async (permission, code) => {
		const { did, enable } = scene({ browser: { askPermission: async () => permission } });
		expect(await errorOf(enable().enabled)).toBe(code);
		expect(did).toEqual([]);
	});

	test("no service worker, with the browser's words", async () => {
		const serviceWorker = failing(new TypeError("404 Not Found"));
		const error = await scene({ browser: { serviceWorker } })
			.enable()
			.enabled.catch((thrown: unknown) => thrown);
		expect(error).toMatchObject({ code: "no-worker", name: "PushError" });
		expect((error as Error).message).toEndWith("404 Not Found");
	});

	test("no subscription", async () => {
		const subscribe = failing(new DOMException("Registration failed", "AbortError"));
		expect(await errorOf(scene({ browser: { subscribe } }).enable().enabled)).toBe("push-service-away");
	});

	test.each([
		["register-push-webpush?", "auth", "forbidden", "not-allowed"],
		["register-push-webpush?", "cancel", "remote-server-not-found", "reveille-away"],
		["register-push-webpush", "modify", "bad-request", "reveille-refused"],
		["register-push-webpush", "wait", "resource-constraint", "not-now"],
		["enable", "cancel", "service-unavailable", "no-push"],
		["enable", "auth", "forbidden", "enable-refused"],
	])("%s answered with %s %s", async (name, type, condition, code) => {
		const { enable, devices } = scene();
		const answer = but(name, (iq) => failure(iq, type, condition, "In its words."));
		expect(await errorOf(enable(answer).enabled)).toBe(code);
		expect(await devices.all()).toEqual([]);
	});

	test("what cannot be enabled is ended at Reveille", async () => {
		const { did, enable } = scene();
		await enable(but("enable", (iq) => failure(iq, "auth", "forbidden"))).enabled.catch(() => {});
		expect(did.at(-1)).toBe("unregister-push");
	});

	test("a browser that stores nothing", async () => {
		const devices = createDevices({ indexedDB: undefined, now: () => 0 });
		expect(await errorOf(scene({ devices }).enable().enabled)).toBe("storage");
	});

	test("no address, no connection", async () => {
		expect(await errorOf(scene().enable(good, { reveille: "" }).enabled)).toBe("no-address");
		const { kit } = scene();
		const connection = xmppJs(good, { status: "offline" });
		expect(await errorOf(kit.enablePush({ connection, reveille: REVEILLE }))).toBe("not-connected");
		expect(await errorOf(kit.disablePush({ connection, reveille: REVEILLE }))).toBe("not-connected");
	});
});

describe("disabling", () => {
	test("tells the server and Reveille, and leaves nothing behind", async () => {
		const { did, enable, disable, devices } = scene();
		await enable().enabled;
		did.length = 0;
		await disable();
		expect(did).toEqual(["disable", "unregister-push", "unsubscribe"]);
		expect(await devices.all()).toEqual([]);
	});

	test("leaves the subscription to the browser's other accounts", async () => {
		const { did, enable, disable, devices } = scene();
		await enable().enabled;
		const [device] = await devices.all();
		if (!device) throw new Error("no device");
		await devices.put({ ...device, node: "node-9", account: "juliet@example.org" });
		await disable();
		expect(did).not.toContain("unsubscribe");
		expect((await devices.all()).map(({ node }) => node)).toEqual(["node-9"]);
	});

	test("has the last word over what was under way, as at a logout right after the login", async () => {
		const { did, enable, disable, devices } = scene();
		await enable().enabled;
		did.length = 0;
		const { enabled } = enable();
		await Promise.all([enabled, disable()]);
		expect(did.filter((what) => what.endsWith("able"))).toEqual(["enable", "disable"]);
		expect(await devices.all()).toEqual([]);
	});

	test("does nothing where push was not enabled", async () => {
		const { did, disable } = scene();
		await disable();
		expect(did).toEqual([]);
	});

	test.each(["disable", "unregister-push"])("is done although %s fails", async (name) => {
		const { enable, disable, devices } = scene();
		await enable().enabled;
		await disable(but(name, (iq) => failure(iq, "cancel", "remote-server-timeout")));
		expect(await devices.all()).toEqual([]);
	});

	test("says so where neither could be told, and ends the subscription all the same", async () => {
		const { did, enable, disable } = scene();
		await enable().enabled;
		expect(await errorOf(disable(() => undefined))).toBe("disconnected");
		expect(did.at(-1)).toBe("unsubscribe");
	});
});
