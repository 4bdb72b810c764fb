/** The devices of an account: what is seen of them, and what is done to them, with a login and without one. */
import { describe, expect, test } from "bun:test";
import type { DeviceApi } from "../../../../src/web/kit/kit.ts";
import { createAccounts } from "../../../../src/web/page/accounts/accounts.ts";
import {
	ACCOUNT,
	ADDRESS,
	type FakeDevices,
	failing,
	fakeApi,
	fakeBrowser,
	fakeClock,
	fakeDevices,
	fakeKit,
	fakeSession,
	LISTED,
	NOW,
	OWN,
	SETTINGS,
	SHOWN,
	SUBSCRIPTION,
} from "../fakes.ts";

async function scene(with_: Partial<Parameters<typeof createAccounts>[0]> & { devices?: FakeDevices } = {}) {
	const effects = {
		kit: fakeKit(),
		api: fakeApi(),
		devices: fakeDevices(OWN),
		browser: fakeBrowser(),
		clock: fakeClock(),
		settings: SETTINGS,
		...with_,
	};
	const accounts = createAccounts(effects);
	await accounts.refresh();
	return { accounts, ...effects };
}

const listing = () => fakeSession({ list: async () => LISTED });

describe("what is seen", () => {
	test("without a login: this browser alone, as Reveille says", async () => {
		const { accounts } = await scene();
		expect(accounts.devicesOf(ACCOUNT).map(({ node, state }) => [node, state])).toEqual([
			["node-1", "unknown"],
		]);
		await accounts.lookAgain(ACCOUNT);
		expect(accounts.devicesOf(ACCOUNT)[0]).toMatchObject({ state: "works", lastPushAt: SHOWN.lastSuccessAt });
	});

	test("with a login: all, this browser first", async () => {
		const { accounts } = await scene();
		await accounts.signedIn(listing());
		expect(accounts.devicesOf(ACCOUNT).map(({ node, state, own }) => [node, state, !!own])).toEqual([
			["node-1", "works", true],
			["node-2", "works", false],
			["node-3", "failing", false],
			["node-4", "new", false],
		]);
		expect(accounts.list(ACCOUNT)).toMatchObject({ at: NOW, open: true });
	});

	test("with a login: also what did not come by this web app, such as an app's UnifiedPush endpoint", async () => {
		const { accounts } = await scene();
		const endpoint = { node: "node-5", name: "UnifiedPush: Conversations.Xy12", app: "UnifiedPush/XMPP" };
		await accounts.signedIn(fakeSession({ list: async () => [...LISTED, endpoint] }));
		expect(accounts.devicesOf(ACCOUNT).at(-1)).toMatchObject({ ...endpoint, state: "new" });
	});

	test("a login that is lost leaves the list, and says that it is closed", async () => {
		const { accounts } = await scene();
		const session = listing();
		await accounts.signedIn(session);
		session.lose();
		await Promise.resolve();
		await Promise.resolve();
		expect(accounts.list(ACCOUNT)?.open).toBe(false);
		expect(accounts.devicesOf(ACCOUNT)).toHaveLength(4);
	});

	test("a device that Reveille does not know any more is marked", async () => {
		const { accounts, devices } = await scene({ api: fakeApi({ show: failing({ kind: "ended" }) }) });
		await accounts.lookAgain(ACCOUNT);
		expect(devices.there.get("node-1")?.ended).toEqual({ at: NOW, why: "gone" });
		expect(accounts.devicesOf(ACCOUNT)[0]?.state).toBe("ended");
	});

	test("without an answer this is said, and what was known stays", async () => {
		const { accounts } = await scene({ api: fakeApi({ show: failing({ kind: "http-away" }) }) });
		await expect(accounts.lookAgain(ACCOUNT)).rejects.toMatchObject({ reason: { kind: "http-away" } });
		expect(accounts.devicesOf(ACCOUNT)[0]?.state).toBe("unknown");
	});

	test("two accounts of one browser", async () => {
		const other = { ...OWN, node: "node-9", account: "juliet@example.org" };
		const { accounts } = await scene({ devices: fakeDevices(OWN, other) });
		expect(accounts.names.value).toEqual([ACCOUNT, "juliet@example.org"]);
		expect(accounts.devicesOf("juliet@example.org").map(({ node }) => node)).toEqual(["node-9"]);
	});
});

describe("what is done with the device secret", () => {
	test("a name and the classes go along with the subscription", async () => {
		const renewed: Parameters<DeviceApi["renew"]>[1][] = [];
		const api = fakeApi({
			async renew(key, to) {
				renewed.push(to);
				return { node: key.node, deviceSecret: key.deviceSecret };
			},
		});
		const { accounts, devices } = await scene({ api });
		const [device] = accounts.devicesOf(ACCOUNT);
		if (!device?.own) throw new Error("no device");
		await accounts.rename(device, "Study");
		await accounts.setLow({ ...device.own, name: "Study" }, true);
		expect(renewed).toEqual([
			{ subscription: SUBSCRIPTION, name: "Study", classes: ["voip", "high"] },
			{ subscription: SUBSCRIPTION, name: "Study", classes: ["voip", "high", "low"] },
		]);
		expect(devices.there.get("node-1")).toMatchObject({ name: "Study", wantsLow: true, renewedAt: NOW });
	});

	test("another key of Reveille's replaces the node", async () => {
		const api = fakeApi({ renew: async () => ({ node: "node-new", deviceSecret: "new" }) });
		const { accounts, devices } = await scene({ api });
		const [device] = accounts.devicesOf(ACCOUNT);
		if (device) await accounts.rename(device, "Study");
		expect([...devices.there.keys()]).toEqual(["node-new"]);
	});

	test("ending: at Reveille, then here; the last one ends the subscription", async () => {
		const done: string[] = [];
		const api = fakeApi({ end: async ({ node }) => void done.push(`end ${node}`) });
		const browser = fakeBrowser({ unsubscribe: async () => void done.push("unsubscribe") });
		const { accounts, devices } = await scene({ api, browser });
		const [device] = accounts.devicesOf(ACCOUNT);
		expect(device && (await accounts.end(device))).toBe(false);
		expect(done).toEqual(["end node-1", "unsubscribe"]);
		expect(devices.there.size).toBe(0);
	});

	test("what Reveille cannot be told of stays", async () => {
		const { accounts, devices } = await scene({ api: fakeApi({ end: failing({ kind: "http-away" }) }) });
		const [device] = accounts.devicesOf(ACCOUNT);
		await expect(device && accounts.end(device)).rejects.toMatchObject({ reason: { kind: "http-away" } });
		expect(devices.there.size).toBe(1);
	});
});

describe("what is done over a login", () => {
	test("ending: at Reveille first, then at the account's server", async () => {
		const session = listing();
		const { accounts, devices } = await scene();
		await accounts.signedIn(session);
		for (const device of accounts.devicesOf(ACCOUNT).slice(0, 2))
			expect(await accounts.end(device)).toBe(true);
		expect(session.asked).toEqual([
			"end node-1",
			`disable ${OWN.jid} node-1`,
			"end node-2",
			`disable ${ADDRESS} node-2`,
		]);
		expect(devices.there.size).toBe(0);
	});

	test("renaming and testing another device", async () => {
		const session = listing();
		const { accounts } = await scene();
		await accounts.signedIn(session);
		const device = accounts.device("node-2");
		if (!device) throw new Error("no device");
		await accounts.rename(device, "Phone");
		expect(session.asked).toEqual(["rename node-2 Phone"]);
		expect(await accounts.test(device)).toEqual({ kind: "handed-over", legs: {} });
	});

	test("an ntfy topic is registered and enabled, and the login ends so that it is woken", async () => {
		const session = listing();
		const { accounts } = await scene();
		await accounts.signedIn(session);
		await accounts.addTopic(ACCOUNT, "https://ntfy.example.net/romeo-k3vq81");
		await Promise.resolve();
		expect(session.asked).toEqual([
			"topic https://ntfy.example.net/romeo-k3vq81",
			"enable node-topic",
			"close",
		]);
		expect(accounts.list(ACCOUNT)?.open).toBe(false);
	});

	test("the password once more goes where the server was typed to be", async () => {
		const kit = fakeKit([listing()]);
		const { accounts } = await scene({
			kit,
			devices: fakeDevices({ ...OWN, service: "wss://typed.example.net/ws" }),
		});
		await accounts.open(ACCOUNT, "secret");
		expect(kit.logins).toEqual([
			{ jid: ACCOUNT, password: "secret", services: ["wss://typed.example.net/ws"] },
		]);
		expect(accounts.devicesOf(ACCOUNT)).toHaveLength(4);
	});
});

describe("each opening", () => {
	test("tells Reveille another subscription, and makes one where it vanished", async () => {
		for (const subscription of [SUBSCRIPTION, undefined]) {
			const devices = fakeDevices({ ...OWN, endpoint: "https://push.example/former" });
			const browser = fakeBrowser({ subscription: async () => subscription });
			const { accounts } = await scene({ devices, browser });
			await accounts.renew();
			expect(devices.there.get("node-1")?.endpoint).toBe(SUBSCRIPTION.endpoint);
		}
	});

	test("does nothing offline, and harms nothing where Reveille is away", async () => {
		const asked: string[] = [];
		const api = fakeApi({ renew: async () => failing({ kind: "http-away" })() });
		const offline = fakeBrowser({
			online: () => false,
			async subscribe() {
				asked.push("subscribe");
				return SUBSCRIPTION;
			},
		});
		await (await scene({ browser: offline, api })).accounts.renew();
		expect(asked).toEqual([]);
		const { accounts, devices } = await scene({
			api,
			devices: fakeDevices({ ...OWN, endpoint: "https://former" }),
		});
		await accounts.renew();
		expect(devices.there.get("node-1")).toMatchObject({ endpoint: "https://former" });
	});
});
