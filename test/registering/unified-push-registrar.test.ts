import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { createRegistrationRate } from "../../src/registering/registration-rate.ts";
import { createUnifiedPushRegistrar } from "../../src/registering/unified-push-registrar.ts";
import { createKeyring } from "../../src/secrets.ts";
import { createRegistrations } from "../../src/store/registrations/registrations.ts";
import { openTestDatabase, type TestDatabase } from "../database.ts";

const KEY = "a key of at least thirty-two characters, for tests";
const JID = "juliet@example.org/Conversations.Xy12";
const INSTANCE = { application: `${"A".repeat(43)}=`, instance: `${"B".repeat(43)}=` };
const asked = { jid: JID, to: "push.example.org", ...INSTANCE };

let database: TestDatabase;
beforeEach(async () => {
	database = await openTestDatabase();
});
afterEach(() => database.close());

async function open({ allowed = true, invited = false, quota = 50, mayGrow = true, key = KEY } = {}) {
	const notes: unknown[] = [];
	const clock = { now: 1_700_000_000_000 };
	const keyring = await createKeyring(key, key === KEY ? [] : [KEY]);
	const registrations = createRegistrations(
		database.db,
		{ owner: quota, address: 1, host: 1 },
		{ mayGrow: async () => mayGrow, now: () => clock.now },
	);
	const register = createUnifiedPushRegistrar({
		publicUrl: "https://push.example.net",
		endpointLifeMs: 60 * 86_400_000,
		registrations,
		keyring,
		registrar: { mayRegister: () => allowed, isInvited: async () => invited },
		rate: createRegistrationRate({ ...registrations, now: () => clock.now }),
		note: (refused) => void notes.push(refused),
	});
	return { register, registrations, keyring, notes, clock };
}

describe("an app on a phone", () => {
	test("gets an endpoint for sixty days, with a name for people, and the same one at each renewal", async () => {
		const { register, registrations, keyring, clock } = await open();
		const first = await register(asked);
		if (first.kind === "refused") throw new Error(first.reason);
		const [, node = "", secret = ""] =
			/^https:\/\/push\.example\.net\/up\/([^.]{27})\.([^.]{43})$/.exec(first.endpoint) ?? [];
		expect(await keyring.verifyEndpoint(node, secret)).toBe("ok");
		expect(first.expiresAt).toBe(clock.now + 60 * 86_400_000);
		expect(await registrations.find(node)).toMatchObject({
			owner: "juliet@example.org",
			app: "UnifiedPush/XMPP",
			dialect: "unifiedpush",
			token: JID,
			jid: "push.example.org",
			deviceName: "UnifiedPush: Conversations.Xy12",
			party: "example.org",
		});
		await registrations.nameDevice(node, "My phone");
		clock.now += 3_600_000;
		const again = await register({ ...asked, jid: "juliet@example.org/another" });
		expect(again).toEqual({ ...first, expiresAt: clock.now + 60 * 86_400_000 });
		expect(await registrations.find(node)).toMatchObject({
			token: "juliet@example.org/another",
			deviceName: "My phone",
		});
	});

	test("of another person, and another app of the same, get others", async () => {
		const { register } = await open();
		const endpoints = [
			await register(asked),
			await register({ ...asked, jid: "romeo@example.org/phone" }),
			await register({ ...asked, instance: INSTANCE.application }),
		].map((result) => ("endpoint" in result ? result.endpoint : result.reason));
		expect(new Set(endpoints).size).toBe(3);
	});

	test("gets an endpoint of the new key once that has changed", async () => {
		const before = await (await open()).register(asked);
		const { register, keyring } = await open({
			key: "a new key of at least thirty-two characters, for tests",
		});
		const after = await register(asked);
		if (before.kind === "refused" || after.kind === "refused") throw new Error("refused");
		expect(after.endpoint).not.toBe(before.endpoint);
		const [node = "", secret = ""] = after.endpoint.split("/").at(-1)?.split(".") ?? [];
		expect(keyring.underCurrentKey(node)).toBe(node);
		expect(await keyring.verifyEndpoint(node, secret)).toBe("ok");
	});

	test("of somebody who may not register is refused, unless an invite let that one in", async () => {
		const { register, notes } = await open({ allowed: false });
		expect(await register(asked)).toMatchObject({ kind: "refused", why: "forbidden" });
		expect(notes).toMatchObject([{ kind: "not-accepted", owner: "juliet@example.org", decider: "operator" }]);
		expect(await (await open({ allowed: false, invited: true })).register(asked)).toMatchObject({
			kind: "registered",
		});
	});

	test("is refused where the account has enough, registers too often, or the disk is full", async () => {
		const one = await open({ quota: 1 });
		await one.register(asked);
		expect(await one.register({ ...asked, instance: INSTANCE.application })).toMatchObject({
			why: "resource-constraint",
		});
		expect(await one.register(asked)).toMatchObject({ kind: "registered" });
		let refused: unknown;
		for (let count = 0; count < 200 && refused === undefined; count++) {
			const result = await one.register(asked);
			if (result.kind === "refused") refused = result;
		}
		expect(refused).toMatchObject({
			why: "resource-constraint",
			reason: expect.stringContaining("too often"),
		});
		const full = await open({ mayGrow: false });
		expect(await full.register({ ...asked, jid: "romeo@example.org/x" })).toMatchObject({
			why: "resource-constraint",
		});
		// What is there is renewed all the same.
		expect(await full.register(asked)).toMatchObject({ kind: "registered" });
	});

	test("with an address too long to keep is refused", async () => {
		const { register } = await open();
		const jid = `juliet@example.org/${"x".repeat(600)}`;
		expect(await register({ ...asked, jid })).toMatchObject({ why: "not-acceptable" });
		expect(await register({ ...asked, to: `${"x".repeat(600)}@push.example.org` })).toMatchObject({
			why: "not-acceptable",
		});
	});
});
