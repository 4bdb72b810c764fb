/** p2's dialect, as Conversations and Snikket for Android send it and as they read the answers. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { p2DeviceId } from "../../../src/syntax/p2-device.ts";
import {
	APNS_BASE64,
	APNS_HEX,
	badField,
	type CommandsFixture,
	command,
	completed,
	error,
	JULIET,
	note,
	openCommandsFixture,
	PUSH,
	submit,
} from "./commands-fixture.ts";

let fixture: CommandsFixture;
beforeEach(async () => {
	fixture = await openCommandsFixture();
});
afterEach(() => fixture.close());

const answer = (name: string, node: string, secret: string, jid = PUSH) =>
	completed(
		name,
		`<x xmlns="jabber:x:data" type="form"><field type="jid-single" var="jid" label="The address that your server publishes to"><value>${jid}</value></field>` +
			`<field type="text-single" var="node" label="The node there"><value>${node}</value></field>` +
			`<field type="text-single" var="secret" label="The secret that your server publishes with"><value>${secret}</value></field></x>`,
	);
const NOTHING = error(
	"cancel",
	"item-not-found",
	"You have no such registration here: list-push-registrations lists those that you have.",
);
const ROOM = "garden@rooms.example.org";
const sha1 = (text: string) => new Bun.CryptoHasher("sha1").update(text).digest("hex");

/** As Conversations sends it. */
const conversations = (fields: Record<string, string>, node = "register-push-fcm") =>
	`<iq to="push.example.net" from="${JULIET}" id="jgLfbT_8Xs5E" type="set">` +
	`<command xmlns="http://jabber.org/protocol/commands" node="${node}" action="execute">` +
	`<x xmlns="jabber:x:data" type="submit">${Object.entries(fields)
		.map(([name, value]) => `<field var="${name}"><value>${value}</value></field>`)
		.join("")}</x></command></iq>`;

describe("register-push-fcm", () => {
	test("is answered with jid, node and secret in a form, to the element and attribute", async () => {
		const reply = await fixture.reply(conversations({ token: "fcm:token-1", "android-id": "7fd1" }));
		const { node } = await fixture.only();
		expect(reply).toBe(
			`<iq type="result" id="jgLfbT_8Xs5E" to="${JULIET}" from="push.example.net">` +
				`${answer("register-push-fcm", node, await fixture.keyring.secretOf(node), "push.example.net")}</iq>`,
		);
	});

	test("remembers what the app knows a push by: owner and device id", async () => {
		await fixture.reply(conversations({ token: "fcm:token-1", "android-id": "7fd1" }));
		expect(await fixture.only()).toMatchObject({
			owner: "juliet@example.org",
			app: "fcm",
			device: "7fd1",
			token: "fcm:token-1",
			jid: "push.example.net",
			dialect: "p2",
		});
	});

	test("takes device-id for android-id, and rather if both come", async () => {
		await fixture.ask(
			command("register-push-fcm", submit({ token: "t", "device-id": "1", "android-id": "2" })),
		);
		expect((await fixture.only()).device).toBe("1");
	});

	test("with a room is a registration of its own, which remembers room and device id", async () => {
		const account = { token: "t", "android-id": "7fd1" };
		await fixture.reply(conversations(account));
		await fixture.reply(conversations({ ...account, muc: "Garden@rooms.example.org" }));
		const [first, second, ...more] = await fixture.registrations.ofOwner("juliet@example.org");
		expect(more).toEqual([]);
		expect(first?.muc).toBeUndefined();
		if (!second) throw new Error("no registration of the room");
		expect([second.muc, p2DeviceId(second)]).toEqual([ROOM, "7fd1"]);
		expect(second.node).not.toBe(first?.node ?? "");
	});

	test.each([
		[{ "android-id": "7fd1" }, "The field token is missing: fill it in."],
		[{ token: "", "android-id": "7fd1" }, "The field token is missing: fill it in."],
		[{ token: "t" }, "The field device-id (or android-id) is missing: fill it in."],
		[{ token: "t", "android-id": "" }, "The field device-id (or android-id) is missing: fill it in."],
		[
			{ token: "t", "android-id": "1", muc: "garden@rooms.example.org/juliet" },
			"The field muc must be a room's bare JID.",
		],
		[{ token: "t", "android-id": "1", muc: "garden" }, "The field muc must be a room's bare JID."],
		[{ token: "a b", "android-id": "1" }, "The token has characters that no registration token of FCM has."],
	])("with %j says what to do, and changes nothing", async (fields, text) => {
		expect(await fixture.ask(command("register-push-fcm", submit(fields as Record<string, string>)))).toBe(
			badField(text),
		);
		expect(await fixture.count()).toBe(0);
	});
});

describe("register-push-apns, which mod_push has too", () => {
	test.each([
		["android-id", { "android-id": "1" }],
		["a room", { "device-id": "1", muc: ROOM }],
		["a device-id, and a token that is no base64 of 32 bytes", { "device-id": "1" }],
	])("is p2's with %s: the token is hexadecimal", async (_name, fields) => {
		await fixture.ask(command("register-push-apns", submit({ ...fields, token: APNS_HEX.toUpperCase() })));
		expect(await fixture.only()).toMatchObject({ dialect: "p2", token: APNS_HEX });
	});

	test("is mod_push's otherwise: the token is base64", async () => {
		await fixture.ask(command("register-push-apns", submit({ token: APNS_BASE64, "device-id": "1" })));
		expect(await fixture.only()).toMatchObject({ dialect: "mod_push", token: APNS_HEX });
	});
});

describe("unregister-push-fcm", () => {
	const register = (fields: Record<string, string>, from = JULIET) =>
		fixture.ask(command("register-push-fcm", submit({ token: "t", "android-id": "7fd1", ...fields })), {
			from,
		});

	test("with a channel, as Conversations sends it, ends the room's and leaves the account's", async () => {
		await register({});
		await register({ muc: ROOM });
		const channel = sha1(`${ROOM}\0${"7fd1"}`);
		expect(await fixture.reply(conversations({ channel, "android-id": "7fd1" }, "unregister-push-fcm"))).toBe(
			`<iq type="result" id="jgLfbT_8Xs5E" to="${JULIET}" from="push.example.net">` +
				`${completed("unregister-push-fcm", note("The registration ended."))}</iq>`,
		);
		expect((await fixture.only()).muc).toBeUndefined();
		expect(fixture.gone).toMatchObject([{ muc: ROOM }]);
	});

	test("with a room's JID does the same", async () => {
		await register({});
		await register({ muc: ROOM });
		await fixture.ask(command("unregister-push-fcm", submit({ "device-id": "7fd1", muc: ROOM })));
		expect((await fixture.only()).muc).toBeUndefined();
	});

	test("without one ends the account's", async () => {
		await register({});
		await register({ muc: ROOM });
		await fixture.ask(command("unregister-push-fcm", submit({ "android-id": "7fd1" })));
		expect((await fixture.only()).muc).toBe(ROOM);
	});

	test.each([
		["an unknown channel", { channel: sha1("x"), "android-id": "7fd1" }],
		["another device's channel", { channel: sha1(`${ROOM}\0${"7fd1"}`), "android-id": "7fd2" }],
		["another device", { "android-id": "7fd2" }],
	])("with %s finds nothing", async (_name, fields) => {
		await register({ muc: ROOM });
		expect(await fixture.ask(command("unregister-push-fcm", submit(fields as Record<string, string>)))).toBe(
			NOTHING,
		);
		expect(await fixture.count()).toBe(1);
	});

	test("finds nothing of others", async () => {
		await register({}, "romeo@example.org/orchard");
		expect(await fixture.ask(command("unregister-push-fcm", submit({ "android-id": "7fd1" })))).toBe(NOTHING);
		expect(await fixture.count()).toBe(1);
	});

	test("finds nothing at another service", async () => {
		await register({});
		expect(await fixture.ask(command("unregister-push-apns", submit({ "android-id": "7fd1" })))).toBe(
			NOTHING,
		);
	});
});
