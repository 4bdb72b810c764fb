/** The plug-in for Converse.js: who is asked, when, and what a logout does. */
import { describe, expect, test } from "bun:test";
import { addTo, type Converse, type ConverseApi } from "../../../src/web/site/converse-plugin.ts";
import type { SiteKit } from "../../../src/web/site/enabling.ts";
import { PushError } from "../../../src/web/site/push-error.ts";
import { strophe } from "./fake-connections.ts";

interface Given {
	settings?: object;
	/** What the person says; undefined: Converse.js has no dialogs. */
	agrees?: boolean | undefined;
	isKept?: boolean;
	kit?: Partial<SiteKit>;
	answers?: Map<string, string>;
}

function page({ settings = {}, agrees, isKept = false, kit = {}, answers = new Map() }: Given = {}) {
	const did: string[] = [];
	const options: object[] = [];
	const said: string[] = [];
	const listeners = new Map<string, () => unknown>();
	const known: Record<string, unknown> = {};
	const api: ConverseApi = {
		settings: {
			extend: (defaults) => Object.assign(known, defaults, { reveille: "push@example.net/push" }, settings),
			get: (name) => known[name],
		},
		listen: { on: (event, listener) => void listeners.set(event, listener) },
		connection: { get: () => strophe(() => undefined) },
		toast: { show: (_, { body }) => void said.push(body) },
	};
	if (agrees !== undefined) {
		api.confirm = async (_, [question = ""]) => {
			did.push(`ask: ${question}`);
			return agrees;
		};
	}
	let plugin: { initialize(): void } | undefined;
	let initialized: { whitelisted_plugins?: string[] } | undefined;
	const converse: Converse = {
		plugins: {
			add(_, added) {
				plugin = Object.assign(added, { _converse: { api } }) as unknown as typeof plugin;
			},
		},
		initialize(given) {
			initialized = given;
			plugin?.initialize();
		},
	};
	const its: SiteKit = {
		async enablePush(given) {
			did.push("enable");
			options.push(given);
			return {} as never;
		},
		async disablePush() {
			did.push("disable");
		},
		keptDevice: async () => (isKept ? ({} as never) : undefined),
		...kit,
	};
	const storage = {
		getItem: (name: string) => answers.get(name) ?? null,
		setItem: (name: string, value: string) => void answers.set(name, value),
	};
	addTo(converse, Promise.resolve(its), storage);
	return {
		did,
		options,
		said,
		answers,
		api,
		initialize(given: { whitelisted_plugins?: string[] } = {}) {
			converse.initialize(given);
			return initialized;
		},
		async happens(event: string) {
			converse.initialize({});
			await listeners.get(event)?.();
		},
		/** After something else did. */
		happensToo: async (event: string) => listeners.get(event)?.(),
	};
}

const ASKED = "ask: Shall this browser tell you of new messages, also when this page is closed?";

test("it is let in beside the plug-ins that a site lists", () => {
	expect(page().initialize()).toEqual({ whitelisted_plugins: ["reveille-push"] });
	expect(page().initialize({ whitelisted_plugins: ["own"] })).toEqual({
		whitelisted_plugins: ["own", "reveille-push"],
	});
});

describe("a login", () => {
	test("of somebody who agrees enables push, with the site's settings", async () => {
		const settings = {
			reveille_service: "https://push.example.net",
			reveille_worker: "/sw.js",
			reveille_open: "https://chat.example/#{jid}",
			reveille_low: true,
		};
		const { did, options, happens } = page({ agrees: true, settings });
		await happens("statusInitialized");
		expect(did).toEqual([ASKED, "enable"]);
		expect(options).toMatchObject([
			{
				reveille: "push@example.net/push",
				service: "https://push.example.net",
				worker: "/sw.js",
				open: "https://chat.example/#{jid}",
				low: true,
			},
		]);
	});

	test("of somebody who does not is not followed by the question again, for this account", async () => {
		const first = page({ agrees: false });
		await first.happens("statusInitialized");
		expect(first.did).toEqual([ASKED]);
		const second = page({ agrees: true, answers: first.answers });
		await second.happens("statusInitialized");
		expect(second.did).toEqual([]);
		expect([...first.answers.keys()]).toEqual(["reveille-push declined romeo@example.org"]);
	});

	test("of somebody who agreed before renews, without a question", async () => {
		const { did, happens } = page({ agrees: false, isKept: true });
		await happens("statusInitialized");
		expect(did).toEqual(["enable"]);
	});

	test.each([
		["Reveille's address is missing", { settings: { reveille: "" }, agrees: true, isKept: true }],
		["the site asks by itself", { settings: { reveille_ask: false }, agrees: true }],
		["there are no dialogs", {}],
	])("asks nothing where %s", async (_, given) => {
		const { did, happens } = page(given);
		await happens("statusInitialized");
		expect(did).toEqual([]);
	});

	test("tells the person what does not work", async () => {
		const enablePush = async () => {
			throw new PushError("no-push");
		};
		const { said, happens } = page({ agrees: true, kit: { enablePush } });
		await happens("statusInitialized");
		expect(said).toEqual([new PushError("no-push").message]);
	});
});

test("a logout disables push, and is not held up by what fails", async () => {
	const one = page();
	await one.happens("beforeLogout");
	expect(one.did).toEqual(["disable"]);
	const disablePush = async () => {
		throw new PushError("disconnected");
	};
	const { said, happens } = page({ kit: { disablePush } });
	await happens("beforeLogout");
	expect(said).toHaveLength(1);
});

test("a logout while the person is asked has the last word", async () => {
	const { did, api, happens, happensToo } = page({ agrees: true });
	const asked = api.confirm;
	api.confirm = async (...question) => {
		await happensToo("beforeLogout");
		return asked?.(...question);
	};
	await happens("statusInitialized");
	expect(did).toEqual(["disable", ASKED]);
});

test("a site's own button enables and disables", async () => {
	const { did, api, initialize } = page({ settings: { reveille_ask: false } });
	initialize();
	await api.reveille?.enable();
	await api.reveille?.disable();
	expect(did).toEqual(["enable", "disable"]);
});
