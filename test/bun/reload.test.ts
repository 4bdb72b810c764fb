/** What of the configuration is taken up at SIGHUP, and what is said of the rest. */
import { beforeEach, expect, test } from "bun:test";
import { createReload } from "../../src/bun/reload.ts";
import { StartError } from "../../src/bun/start-error.ts";
import { type Config, parseConfig } from "../../src/config/config.ts";
import type { PushService } from "../../src/types.ts";

const app = (more: object) => ({ name: "web", service: "webpush", ...more });
const configOf = (apps: object[], settings = {}) =>
	parseConfig({ APPS: JSON.stringify(apps), VAPID_SUBJECT: "mailto:operator@example.net", ...settings });

let next: () => Config;
let taken: string[][];
let config: Config;
let said: string[];
const write = (text: string, values: Record<string, unknown>) =>
	void said.push(text.replace(/\{(\w+)\}/g, (_, name: string) => String(values[name])));
const log = { info: write, warn: write, error: write } as never;
beforeEach(() => {
	config = configOf([app({ ttl: 100 }), app({ name: "other" })]);
	taken = [];
	said = [];
});

const reload = () =>
	createReload({
		config,
		read: () => next(),
		makeServices: async (apps) => new Map(apps.map(({ name }) => [name, {} as PushService])),
		take: (apps, services) => {
			taken.push([...apps.map(({ name }) => name), ...services.keys()]);
		},
		log,
	})();

test("an app that changed is taken up where all look for it, and no other", async () => {
	const [held] = config.apps;
	next = () => configOf([app({ ttl: 200 }), app({ name: "other" })]);
	await reload();
	expect(taken).toEqual([["web", "web"]]);
	expect(held).toMatchObject({ name: "web", ttlSeconds: 200 });
	next = () => configOf([app({}), app({ name: "other" })]);
	await reload();
	expect(held).not.toHaveProperty("ttlSeconds");
});

test.each<[string, object[], object, string]>([
	[
		"a new app",
		[app({ ttl: 100 }), app({ name: "other" }), app({ name: "third" })],
		{},
		"the app third is new",
	],
	["one that is gone", [app({ ttl: 100 })], {}, "the app other is not there any more"],
	[
		"another service",
		[app({ ttl: 100 }), { name: "other", service: "ubuntu" }],
		{},
		"other has another service",
	],
	[
		"what chooses it",
		[app({ ttl: 100, address: ["push.example.net"] }), app({ name: "other" })],
		{},
		"address of the app web",
	],
	[
		"another setting",
		[app({ ttl: 100 }), app({ name: "other" })],
		{ ADMIN_TOKEN: "x".repeat(40) },
		"ADMIN_TOKEN",
	],
])("%s needs a restart, which is said", async (_, apps, settings, sentence) => {
	next = () => configOf(apps, settings);
	await reload();
	expect(taken.flat().filter((name) => ["web", "other", "third"].includes(name))).toEqual([]);
	expect(said.join("\n")).toContain(sentence);
});

test("a fault leaves all as it was, and is said", async () => {
	const before = structuredClone(config);
	next = () => {
		throw new StartError("apps-malformed", "reveille.toml, line 3: there is a fault.");
	};
	await reload();
	expect(taken).toEqual([]);
	expect(config).toEqual(before);
	expect(said.join("\n")).toContain("the old settings stay in force: reveille.toml, line 3");
});

test("asked while it reloads, it does so once more afterwards", async () => {
	let reads = 0;
	const waits = Promise.withResolvers<void>();
	const again = createReload({
		config,
		read() {
			reads++;
			return configOf([app({ ttl: 100 + reads }), app({ name: "other" })]);
		},
		makeServices: async () => {
			await waits.promise;
			return new Map();
		},
		take: () => {},
		log,
	});
	const both = [again(), again(), again()];
	waits.resolve();
	await Promise.all(both);
	expect(reads).toBe(2);
	expect(config.apps[0]?.ttlSeconds).toBe(102);
});

test("an error that nobody foresaw is said without its words, and the next reload does its work", async () => {
	let times = 0;
	const again = createReload({
		config,
		read() {
			if (times++ === 0) throw new TypeError("secret-in-a-file");
			return configOf([app({ ttl: 300 }), app({ name: "other" })]);
		},
		makeServices: async () => new Map(),
		take: () => {},
		log,
	});
	await again();
	expect(said.join("\n")).toContain("the old settings stay in force: a fault of Reveille's own (TypeError)");
	expect(said.join("\n")).not.toContain("secret");
	await again();
	expect(config.apps[0]).toMatchObject({ ttlSeconds: 300 });
});
