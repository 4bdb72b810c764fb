/** Whichever way a device comes in by, the same rule says which of the operator's apps it is for. */
import { afterEach, describe, expect, test } from "bun:test";
import { check } from "../../src/bun/commands/import/check.ts";
import { type AppConfig, parseApps } from "../../src/config/apps.ts";
import { createAppChoice } from "../../src/registering/app-choice.ts";
import { publicApps } from "../../src/routes/public-apps.ts";
import { createKeyring } from "../../src/secrets.ts";
import { formDeviceKey } from "../../src/store/registrations/device-key.ts";
import { startTestServer, subscription } from "../routes/routes-fixture.ts";
import { servicesWithoutNetwork } from "../services/without-network.ts";
import {
	APNS_BASE64,
	APNS_HEX,
	command,
	openCommandsFixture,
	PUSH,
	submit,
} from "../xmpp/commands/commands-fixture.ts";

const closing: { close(): Promise<void> }[] = [];
afterEach(async () => {
	for (const one of closing.splice(0)) await one.close();
});

const keyring = await createKeyring("a key of at least thirty-two characters, for tests");
/** Apps of a table, as an edge knows them: without credentials. */
const appsOf = (...tables: object[]) => parseApps(tables, "APPS", false);

/** A server whose users' servers publish to {@link PUSH}. */
async function serving(apps: readonly AppConfig[]) {
	const server = await startTestServer({
		apps,
		services: await servicesWithoutNetwork(apps),
		pushAddress: PUSH,
	});
	closing.push(server);
	return server;
}

async function listening(apps: readonly AppConfig[]) {
	const fixture = await openCommandsFixture({ apps });
	closing.push(fixture);
	return fixture;
}

const ENDPOINT = subscription().endpoint;

/** What came of it: the app of what is registered, or what was answered. */
type Way = (apps: readonly AppConfig[], type: string, token: string) => Promise<string>;

const byForm: Way = async (apps, type, token) => {
	const server = await serving(apps);
	const answer = await (await server.form("register", { type, node: "phone", token })).text();
	const [row] = await server.rows();
	return row ? String(row.app) : answer;
};
const byCommand =
	(node: (type: string) => string, fields: (type: string, token: string) => Record<string, string>): Way =>
	async (apps, type, token) => {
		const fixture = await listening(apps);
		const answer = await fixture.ask(command(node(type), submit(fields(type, token))));
		return (await fixture.count()) > 0 ? (await fixture.only()).app : answer;
	};
const byImport: Way = async (apps, type, token) => {
	const deps = {
		choice: createAppChoice(apps),
		only: undefined,
		services: await servicesWithoutNetwork(apps),
		keyring,
		trustDeviceId: false,
		retentionDays: 180,
		now: Date.now(),
	};
	const found = { at: "line 1", jid: PUSH, fields: { node: "n", secret: "s", type, token } };
	return check(found, deps).then(
		({ app }) => app,
		(error: Error) => error.message,
	);
};

const WITH_TYPE: [string, Way][] = [
	["a form", byForm],
	[
		"v1-register-push",
		byCommand(
			() => "v1-register-push",
			(type, token) => ({ type, node: "phone", token }),
		),
	],
	["an import", byImport],
];
/** These know the name of a service and no app. */
const BY_SERVICE: [string, Way][] = [
	[
		"register-push-X",
		byCommand(
			(type) => `register-push-${type}`,
			(type, token) => ({ token: type === "apns" ? APNS_BASE64 : token, "device-name": "Phone" }),
		),
	],
];
const p2 = byCommand(
	(type) => `register-push-${type}`,
	(_, token) => ({ token, "device-id": "7fd1", "android-id": "7fd1" }),
);
const tigase = byCommand(
	() => "register-device",
	(_, token) => ({ provider: "tigase:messenger:apns:1", "device-token": token }),
);

const FIRST = { name: "first", service: "webpush" };

describe("a type that is an app's name is that app", () => {
	test.each(WITH_TYPE)("in %s", async (_, way) => {
		const apps = appsOf(FIRST, { name: "second", service: "webpush" });
		expect(await way(apps, "second", ENDPOINT)).toBe("second");
	});
});

describe("a service's name is the service's first app", () => {
	test.each([...WITH_TYPE, ...BY_SERVICE])("in %s", async (_, way) => {
		const apps = appsOf(FIRST, { name: "second", service: "webpush" });
		for (const type of ["webpush", "mozilla", "unifiedpush"]) {
			expect(await way(apps, type, ENDPOINT)).toBe("first");
		}
	});
});

describe("the app whose address the server tells, or is written to, comes before the first", () => {
	test.each([...WITH_TYPE, ...BY_SERVICE])("in %s", async (_, way) => {
		const apps = appsOf(FIRST, { name: "second", service: "webpush", address: ["push@example.net"] });
		expect(await way(apps, "webpush", ENDPOINT)).toBe("second");
	});

	test.each([
		["p2's command", p2, "apns", APNS_HEX],
		["p2's command", p2, "fcm", "a:b"],
		["Tigase's command", tigase, "apns", APNS_HEX],
	] as const)("in %s (%#)", async (_, way, type, token) => {
		const of = (name: string, service: string, more: object = {}) => ({
			name,
			service,
			...(service === "apns" && { topic: "org.example.chat" }),
			...more,
		});
		const apps = appsOf(of("one", type), of("other", type, { address: ["push@example.net"] }));
		expect(await way(apps, type, token)).toBe("other");
	});

	test("in the JSON API, where none is named", async () => {
		const server = await serving(
			appsOf(FIRST, { name: "second", service: "webpush", address: ["push@example.net"] }),
		);
		expect((await server.registered()).app).toBe("second");
		expect((await server.registered({ app: "first", subscription: subscription() })).app).toBe("first");
	});
});

test("what the routes are told of the apps has all that they are chosen by over HTTP, and nothing secret", () => {
	const tables = [
		FIRST,
		{ name: "second", service: "webpush", address: ["push@example.net"] },
		{ name: "phone", service: "fcm", service_account: "a secret" },
	];
	const told = publicApps(parseApps(tables, "APPS", true), "KEY");
	expect(createAppChoice(told).choose({ type: "webpush" }, PUSH)?.name).toBe("second");
	expect(told).toEqual([
		{ name: "first", service: "webpush", vapidPublicKey: "KEY" },
		{ name: "second", service: "webpush", addresses: ["push@example.net"], vapidPublicKey: "KEY" },
		{ name: "phone", service: "fcm" },
	]);
});

describe("a type that nobody has is refused", () => {
	test.each(WITH_TYPE)("in %s", async (_, way) => {
		expect(await way(appsOf(FIRST), "fcm", "a:b")).toMatch(/webpush|no app of fcm/);
		expect(await way(appsOf(FIRST), "nothing", "a:b")).toMatch(/webpush|not known/);
	});
});

describe("a device of an app that is retired", () => {
	const apps: readonly AppConfig[] = [
		...appsOf({ name: "new", service: "webpush" }),
		{ name: "webpush", service: "webpush", alert: { text: "" }, retired: true },
	];

	test("stays with it and keeps its node, in a form too", async () => {
		const server = await serving(apps);
		const node = server.keyring.createNode();
		const device = await formDeviceKey("phone", ENDPOINT);
		await server.registrations.register({ owner: "", app: "webpush", device, token: ENDPOINT }, () => node);
		const fields = { type: "webpush", node: "phone", token: ENDPOINT };
		expect(await (await server.form("register", fields)).text()).toStartWith(`OK\n${node}\n`);
		expect(await server.rows()).toHaveLength(1);
	});

	test("is ended by its device id and token as any other", async () => {
		const server = await serving(apps);
		const node = server.keyring.createNode();
		const device = await formDeviceKey("phone", ENDPOINT);
		await server.registrations.register({ owner: "", app: "webpush", device, token: ENDPOINT }, () => node);
		const fields = { type: "webpush", node: "phone", token: ENDPOINT };
		expect(await (await server.form("unregister", fields)).text()).toStartWith(`OK\n${node}\n`);
		expect(await server.rows()).toHaveLength(0);
	});
});
