/** How large a registration can be made over XMPP: anybody makes as many addresses, rooms and devices as they like. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { registrationBounds } from "../../../src/limits/bounds/registrations.ts";
import { rowBytes } from "../../../src/store/registrations/row-size.ts";
import {
	type CommandsFixture,
	command,
	openCommandsFixture,
	PUSH,
	submit,
	WEBPUSH,
} from "./commands-fixture.ts";

let fixture: CommandsFixture;
beforeEach(async () => {
	fixture = await openCommandsFixture({ allow: ["*"] });
});
afterEach(() => fixture.close());

const LONGEST = registrationBounds.jid.is;
/** A JID of so many bytes, with letters of two. */
const jidOf = (bytes: number) => `${"é".repeat(100)}@${"a".repeat(bytes - 200 - 1 - 8)}.example`;
const hex = "af7aa91ca9b36478d82986c6ef22387e163e0d62aa15913964910cf0ffa50c3a";
const ENDPOINT = "https://push.example/1";

const DIALECTS: [string, string, Record<string, string>][] = [
	["mod_push", "register-push-webpush", { token: ENDPOINT, "device-id": "phone" }],
	["p2", "register-push-fcm", { token: "fcm:token", "android-id": "phone" }],
	["mod_push_appserver", "v1-register-push", { type: "webpush", node: "phone", token: ENDPOINT }],
	["Tigase", "register-device", { provider: "tigase:messenger:apns:1", "device-token": hex }],
];

describe.each(DIALECTS)("in the dialect of %s", (_, name, fields) => {
	test("an account whose address is too long is told so, and a shorter one is taken", async () => {
		const from = (bytes: number) => ({ from: `${jidOf(bytes)}/balcony` });
		const answer = await fixture.ask(command(name, submit(fields)), from(LONGEST + 1));
		expect(answer).toContain('<error type="modify"><not-acceptable');
		expect(answer).toContain(`Your address has more than ${LONGEST} bytes`);
		expect(await fixture.count()).toBe(0);
		expect(await fixture.ask(command(name, submit(fields)), from(LONGEST))).toContain('status="completed"');
		expect((await fixture.only()).owner).toBe(jidOf(LONGEST));
	});
});

test("a room whose address is too long is told of", async () => {
	const [, name, fields] = DIALECTS[1] as (typeof DIALECTS)[0];
	const answer = await fixture.ask(command(name, submit({ ...fields, muc: jidOf(LONGEST + 1) })));
	expect(answer).toContain('<error type="modify"><not-acceptable');
	expect(answer).toContain(`The room's address has more than ${LONGEST} bytes`);
	expect(answer.length).toBeLessThan(500);
	expect(await fixture.count()).toBe(0);
});

test("what a device is called counts in bytes, whether it says so or its resource does", async () => {
	const register = (fields: Record<string, string>, from?: string) =>
		fixture.ask(
			command("register-push-webpush", submit({ token: ENDPOINT, ...fields })),
			from === undefined ? {} : { from },
		);
	expect(await register({ "device-id": "é".repeat(129) })).toContain("device-id has more than 256 bytes");
	expect(await register({ "device-name": "é".repeat(129) })).toContain("device-name has more than 256 bytes");
	const long = await register({}, `juliet@example.org/${"é".repeat(129)}`);
	expect(long).toContain("Your resource has more than 256 bytes: send a shorter device-id.");
	expect(long.length).toBeLessThan(500);
	expect(await fixture.count()).toBe(0);
	const named = await register({ "device-id": "phone" }, `juliet@example.org/${"é".repeat(129)}`);
	expect(named).toContain('status="completed"');
});

describe("the address that a registration keeps, and its client is told,", () => {
	const jidAfter = async (to: string, options: Parameters<typeof openCommandsFixture>[0]) => {
		const its = await openCommandsFixture({ allow: ["*"], ...options });
		const form = submit({ token: ENDPOINT, "device-id": "phone" });
		const answer = await its.ask(command("register-push-webpush", form), { to });
		const { jid } = await its.only();
		await its.close();
		expect(answer).toContain(`<value>${jid}</value>`);
		return jid;
	};

	test("is the connection's own, whatever a sender wrote before and behind it", async () => {
		const address = "push.example.net";
		expect(await jidAfter(address, { address })).toBe(address);
		expect(await jidAfter(`x@${address}/${"y".repeat(1_000)}`, { address })).toBe(address);
		expect(await jidAfter(PUSH, { address: PUSH })).toBe(PUSH);
	});

	test("is the one of an app that has one", async () => {
		const apps = [{ ...WEBPUSH, addresses: ["chat@push.example.net"] }];
		const address = "push.example.net";
		expect(await jidAfter("Chat@push.example.net/anything", { address, apps })).toBe("chat@push.example.net");
		expect(await jidAfter("other@push.example.net", { address, apps })).toBe(address);
	});
});

test("the largest registrations there can be have room in the bound of a row", async () => {
	const endpoint = `https://push.example/${"x".repeat(registrationBounds.endpoint.is - 21)}`;
	const p256dh = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4";
	const keys = { p256dh, auth: "BTBZMqHH6r4Tts7J_aSIgg" };
	const name = "x".repeat(registrationBounds.name.is);
	const from = { from: `${jidOf(LONGEST)}/balcony` };
	for (const [command_, fields] of [
		["register-push-webpush", { token: endpoint, ...keys, "device-id": name, "device-name": name }],
		["register-push-fcm", { token: "x".repeat(1024), "android-id": name, muc: jidOf(LONGEST) }],
		["v1-register-push", { type: "webpush", node: `${name.slice(1)}y`, token: endpoint, ...keys }],
		[
			"register-device",
			{
				provider: "tigase:messenger:apns:1",
				"device-token": "ab".repeat(200),
				"device-second-token": "cd".repeat(200),
			},
		],
		[
			"register-push-ubuntu",
			{ token: "x".repeat(1024), "application-id": `${"a".repeat(253)}_a`, "device-id": name },
		],
	] as const)
		expect(await fixture.ask(command(command_, submit(fields)), from)).toContain('status="completed"');
	const { rows } = await fixture.client.execute("SELECT * FROM registrations");
	expect(rows).toHaveLength(5);
	const sizes = rows.map((row) => rowBytes({ ...row }) + registrationBounds.lastError.is * 3);
	for (const size of sizes) expect(size).toBeLessThan(registrationBounds.row.is);
});
