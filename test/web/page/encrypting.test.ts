/** Where the account's server can encrypt what a push says, the page gives it a key, and the browser keeps the same. */
import { describe, expect, test } from "bun:test";
import { createContentKey, openWith } from "../../../src/web/content-key.ts";
import type { Devices, OwnDevice } from "../../../src/web/devices.ts";
import type { Session } from "../../../src/web/kit/kit.ts";
import { createAccounts } from "../../../src/web/page/accounts/accounts.ts";
import { createSetUp } from "../../../src/web/page/set-up.ts";
import { encryptFor } from "../encrypting-server.ts";
import {
	ACCOUNT,
	ADDRESS,
	type FakeSession,
	failing,
	fakeApi,
	fakeBrowser,
	fakeClock,
	fakeDevices,
	fakeKit,
	fakeSession,
	NOW,
	OWN,
	PASSWORD,
	REGISTERED,
	SETTINGS,
	SUBSCRIPTION,
} from "./fakes.ts";

const encryptingSession = (with_: Partial<Session> = {}) =>
	fakeSession({ features: async () => ({ push: true, encrypts: true }), ...with_ });

/** That the device opens what the server of this session encrypts. */
async function expectToOpen(device: OwnDevice | undefined, { keys }: FakeSession) {
	const [key = ""] = keys;
	expect(keys).toHaveLength(1);
	const { data, iv } = encryptFor(key, "Romeo!");
	const bytes = (text: string) => Uint8Array.from(Buffer.from(text, "base64"));
	if (!device?.contentKey) throw new Error("the device has no key");
	const opened = await openWith(device.contentKey, { sealed: bytes(data), iv: bytes(iv) });
	expect(new TextDecoder().decode(opened)).toBe("Romeo!");
}

/** A store that refuses keys, as in some private windows. */
function keyless(...own: OwnDevice[]): Devices & { there: Map<string, OwnDevice> } {
	const devices = fakeDevices(...own);
	const refuse = (device: OwnDevice) => {
		if (device.contentKey) throw new DOMException("no keys here", "DataCloneError");
		return device;
	};
	return {
		...devices,
		put: async (device) => devices.put(refuse(device)),
		change: (node, change) => devices.change(node, (device) => refuse(change(device))),
	};
}

describe("the set-up", () => {
	async function done(session: FakeSession, devices = fakeDevices() as Devices) {
		const setUp = createSetUp({
			kit: fakeKit([session, encryptingSession()]),
			api: fakeApi(),
			devices,
			browser: fakeBrowser(),
			clock: { ...fakeClock(), after: async () => {} },
			reveille: { address: ADDRESS, vapidPublicKey: "key", servers: {} },
			invite: () => undefined,
			newId: () => "new-id",
			testBody: () => "Test push 1",
			signedIn() {},
			changed() {},
		});
		// The browser answers at once, so that no wait matters.
		await setUp.signIn(ACCOUNT, PASSWORD);
		await setUp.allow("Laptop");
		return setUp.state.value;
	}

	test("hands a new key to the server, and keeps the same with the device", async () => {
		const [session, devices] = [encryptingSession(), fakeDevices()];
		await done(session, devices);
		expect(session.asked.slice(0, 2)).toEqual([`register ${ADDRESS} Laptop new-id`, "enable node-1"]);
		await expectToOpen(devices.there.get("node-1"), session);
	});

	test("keeps it before the server has it: the first push may come before the answer", async () => {
		const devices = fakeDevices();
		let kept: OwnDevice | undefined;
		const session = encryptingSession({
			async enable() {
				kept = devices.there.get("node-1");
			},
		});
		await done(session, devices);
		expect(kept?.contentKey).toBeDefined();
	});

	test("makes another one each time", async () => {
		const sessions = [encryptingSession(), encryptingSession()];
		const devices = fakeDevices();
		for (const session of sessions) await done(session, devices);
		expect(new Set(sessions.flatMap(({ keys }) => keys)).size).toBe(2);
		await expectToOpen(devices.there.get("node-1"), sessions[1] as FakeSession);
	});

	test("says nothing of a key to a server that does not encrypt any more, and keeps none", async () => {
		const devices = fakeDevices();
		await done(encryptingSession(), devices);
		const session = fakeSession();
		await done(session, devices);
		expect(session.asked).toContain("enable node-1");
		expect(session.keys).toEqual([]);
		expect(devices.there.get("node-1")?.contentKey).toBeUndefined();
	});

	test("does without in a browser that keeps no keys", async () => {
		const [session, devices] = [encryptingSession(), keyless()];
		await done(session, devices);
		expect(session.asked).toContain("enable node-1");
		expect(session.keys).toEqual([]);
		expect(devices.there.get("node-1")?.name).toBe("Laptop");
	});

	test("that is refused keeps neither the device nor the key", async () => {
		const devices = fakeDevices();
		const refusal = {
			kind: "enable-refused",
			domain: "example.net",
			reason: "Invalid encryption key",
		} as const;
		const state = await done(encryptingSession({ enable: failing(refusal) }), devices);
		expect(state).toMatchObject({ at: "stopped", fault: refusal });
		expect(devices.there.size).toBe(0);
	});
});

describe("a device without a key", () => {
	/** Signed in with the password once more. */
	async function signedIn(
		session: FakeSession,
		devices: Devices & { there: Map<string, OwnDevice> } = fakeDevices(OWN),
	) {
		const second = encryptingSession();
		const kit = fakeKit([session, second]);
		const accounts = createAccounts({
			kit,
			api: fakeApi(),
			devices,
			browser: fakeBrowser(),
			clock: fakeClock(),
			settings: SETTINGS,
		});
		await accounts.refresh();
		await accounts.open(ACCOUNT, PASSWORD);
		return { second, kit, accounts, device: () => devices.there.get("node-1") };
	}

	test("gets one at the next sign-in, and the session that enabled it ends, so that it is woken", async () => {
		const session = encryptingSession();
		const { kit, device, accounts } = await signedIn(session);
		expect(session.asked).toEqual([
			`register ${ADDRESS} ${OWN.name} ${OWN.deviceId}`,
			"enable node-1",
			"close",
		]);
		expect(kit.logins).toHaveLength(2);
		expect(accounts.list(ACCOUNT)?.open).toBe(true);
		await expectToOpen(device(), session);
		expect(device()).toMatchObject({
			name: OWN.name,
			registeredAt: OWN.registeredAt,
			renewedAt: NOW,
			endpoint: SUBSCRIPTION.endpoint,
		});
	});

	test("keeps what it asked for", async () => {
		const asked: unknown[] = [];
		const session = encryptingSession({
			async registerBrowser(_, { classes, subscription }) {
				asked.push(classes, subscription);
				return REGISTERED;
			},
		});
		await signedIn(session, fakeDevices({ ...OWN, wantsLow: true }));
		expect(asked).toEqual([["voip", "high", "low"], SUBSCRIPTION]);
	});

	test("that Reveille gives another node is disabled under the former", async () => {
		const devices = fakeDevices(OWN);
		const session = encryptingSession({ registerBrowser: async () => ({ ...REGISTERED, node: "node-9" }) });
		await signedIn(session, devices);
		expect([...devices.there.keys()]).toEqual(["node-9"]);
		expect(session.asked).toEqual(["enable node-9", `disable ${OWN.jid} node-1`, "close"]);
		await expectToOpen(devices.there.get("node-9"), session);
	});

	test.each<[string, () => FakeSession, Partial<OwnDevice>]>([
		["whose server does not encrypt", fakeSession, {}],
		["that a client of the person's own enabled", encryptingSession, { deviceId: undefined as never }],
		["that ended", encryptingSession, { ended: { at: 1, why: "gone" } }],
		["of another account", encryptingSession, { account: "juliet@example.net" }],
	])("%s stays as it is", async (_, open, changes) => {
		const session = open();
		const { kit, device } = await signedIn(session, fakeDevices({ ...OWN, ...changes }));
		expect(session.asked).toEqual([]);
		expect(kit.logins).toHaveLength(1);
		expect(device()?.contentKey).toBeUndefined();
	});

	test("stays as it is, and the list is shown, where the server refuses, or the browser keeps no keys", async () => {
		const refusing = encryptingSession({ enable: failing({ kind: "no-push", domain: "example.net" }) });
		const refused = await signedIn(refusing);
		const unkept = await signedIn(encryptingSession(), keyless(OWN));
		for (const { kit, device, accounts } of [refused, unkept]) {
			expect(kit.logins).toHaveLength(1);
			expect(device()).toBeDefined();
			expect(device()?.contentKey).toBeUndefined();
			expect(accounts.list(ACCOUNT)?.open).toBe(true);
		}
	});
});

test("a device with a key is not enabled again at a sign-in", async () => {
	const { key } = await createContentKey();
	const session = encryptingSession();
	const accounts = createAccounts({
		kit: fakeKit([session]),
		api: fakeApi(),
		devices: fakeDevices({ ...OWN, contentKey: key }),
		browser: fakeBrowser(),
		clock: fakeClock(),
		settings: SETTINGS,
	});
	await accounts.refresh();
	await accounts.open(ACCOUNT, PASSWORD);
	expect(session.asked).toEqual([]);
});
