/** A barred owner is answered as somebody whom XMPP_ALLOW does not let in, in every dialect. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import type { RefusedRegistration } from "../../../src/registering/refused-registration.ts";
import { createInvites } from "../../../src/store/invites.ts";
import { APNS_HEX, type CommandsFixture, command, openCommandsFixture, submit } from "./commands-fixture.ts";

const SISKIN = "tigase:messenger:apns:1";
const CODE = "0123456789AB";
const BARRED = "romeo@example.org/orchard";
/** Nobody lets it in. */
const STRANGER = "romeo@elsewhere.example/orchard";
const ENDPOINT = "https://updates.push.services.mozilla.com/wpush/v2/one";

let noted: RefusedRegistration[];
let fixture: CommandsFixture;
beforeEach(async () => {
	noted = [];
	fixture = await openCommandsFixture({
		allow: ["example.org"],
		bars: {
			isBarred: async (owner) => owner === "romeo@example.org",
			note: (refused) => noted.push(refused),
		},
	});
});
afterEach(() => fixture.close());

const WAYS: [string, string, Record<string, string>][] = [
	["ours", "register-push-webpush", { token: ENDPOINT, "device-id": "1" }],
	["mod_push's", "register-push-apns", { token: APNS_HEX }],
	["p2's", "register-push-fcm", { token: "t", "android-id": "7fd1" }],
	["mod_push_appserver's", "v1-register-push", { type: "fcm", node: "D", token: "t" }],
	["Tigase's", "register-device", { provider: SISKIN, "device-token": APNS_HEX }],
];

describe.each(WAYS)("in %s dialect", (_, node, fields) => {
	const register = (from: string, more: Record<string, string> = {}) =>
		fixture.ask(command(node, submit({ ...fields, ...more })), { from });

	test("it is answered as a stranger", async () => {
		const answer = await register(BARRED);
		expect(answer).toBe(await register(STRANGER));
		expect(answer).toContain("forbidden");
		expect(await fixture.count()).toBe(0);
	});

	test("its neighbour is let in", async () => {
		await register("juliet@example.org/balcony");
		expect(await fixture.count()).toBe(1);
		expect(noted).toEqual([]);
	});

	test("an invite does not let it in, and is not used up", async () => {
		const invites = createInvites(fixture.db);
		await invites.make(
			{ id: "one", uses: 1, endsAt: Date.now() + 60_000 },
			{ link: "A".repeat(22), code: CODE },
		);
		expect(await register(BARRED, { invite: CODE })).toBe(
			await register(STRANGER, { invite: "ZZZZZZZZZZZZ" }),
		);
		expect((await invites.list())[0]?.used).toBe(0);
		expect(await fixture.count()).toBe(0);
	});

	test("a form to fill in asks it for an invite", async () => {
		expect(await fixture.ask(command(node), { from: BARRED })).toBe(
			await fixture.ask(command(node), { from: STRANGER }),
		);
	});
});

test("the operator is told of who is turned away, and why really", async () => {
	const register = (from: string, more = {}) =>
		fixture.ask(command("register-push-webpush", submit({ token: ENDPOINT, "device-id": "1", ...more })), {
			from,
		});
	await register(BARRED);
	await register(STRANGER);
	await register(STRANGER, { invite: CODE });
	await register("juliet@example.org/balcony", { token: "http://unsafe.example/" });
	expect(noted.map(({ owner, reason, decider, by }) => [owner, reason.split(":")[0], decider, by])).toEqual([
		["romeo@example.org", "it is barred, or its domain is", "operator", "example.org"],
		["romeo@elsewhere.example", "You may not register here", "operator", "elsewhere.example"],
		["romeo@elsewhere.example", "There is no such invite", "operator", "elsewhere.example"],
		["juliet@example.org", expect.any(String), "reveille", "example.org"],
	]);
	expect(noted.every(({ isStrangers, kind }) => isStrangers && kind === "not-accepted")).toBe(true);
});
