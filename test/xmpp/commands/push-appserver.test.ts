/** mod_push_appserver's dialect, as Monal and yaxim sent it and as they read the answers. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import {
	APNS,
	APNS_HEX,
	badField,
	type CommandsFixture,
	command,
	completed,
	error,
	JULIET,
	note,
	openCommandsFixture,
	submit,
} from "./commands-fixture.ts";

let fixture: CommandsFixture;
beforeEach(async () => {
	fixture = await openCommandsFixture();
});
afterEach(() => fixture.close());

const FORM_TYPE = "https://github.com/tmolitor-stud-tu/mod_push_appserver/#v1-register-push";
const DEVICE = "E0FF1D8C-EB96-4E10-A912-F68B03FD8D3E";
const answer = (jid: string, node: string, secret: string) =>
	`<x xmlns="jabber:x:data" type="form"><field type="jid-single" var="jid" label="The address that your server publishes to"><value>${jid}</value></field>` +
	`<field type="text-single" var="node" label="The node there"><value>${node}</value></field>` +
	`<field type="text-single" var="secret" label="The secret that your server publishes with"><value>${secret}</value></field></x>`;

/** As Monal sent it. */
const monal = (command: string, fields: string) =>
	`<iq id="11BD6E45-4C5B-4B43-9DC5-A3F0AF2C8E0F" type="set" to="push.example.net" from="${JULIET}">` +
	`<command xmlns="http://jabber.org/protocol/commands" action="execute" node="${command}">` +
	`<x xmlns="jabber:x:data" type="submit"><field type="hidden" var="FORM_TYPE"><value>${FORM_TYPE}</value></field>` +
	`${fields}</x></command></iq>`;
const REGISTER = monal(
	"v1-register-push",
	`<field var="node"><value>${DEVICE}</value></field><field var="token"><value>${APNS_HEX}</value></field>` +
		`<field var="type"><value>apns</value></field>`,
);
const result = (child: string) =>
	`<iq type="result" id="11BD6E45-4C5B-4B43-9DC5-A3F0AF2C8E0F" to="${JULIET}" from="push.example.net">${child}</iq>`;

describe("v1-register-push", () => {
	test("is answered with jid, node and secret in a form, to the element and attribute", async () => {
		const reply = await fixture.reply(REGISTER);
		const { node } = await fixture.only();
		const form = answer("push.example.net", node, await fixture.keyring.secretOf(node));
		expect(reply).toBe(result(completed("v1-register-push", form)));
		expect(await fixture.only()).toMatchObject({
			owner: "juliet@example.org",
			app: "apns",
			device: DEVICE,
			token: APNS_HEX,
			jid: "push.example.net",
			dialect: "push-appserver",
		});
	});

	test.each([
		["fcm", "fcm", "t"],
		["gcm", "fcm", "t"],
		["mozilla", "webpush", "https://push.example/1"],
	])("type %s is for the app %s", async (type, app, token) => {
		await fixture.ask(command("v1-register-push", submit({ type, node: "D", token })));
		expect(await fixture.only()).toMatchObject({ app, token });
	});

	test("type may name an app, where a service has several", async () => {
		await fixture.close();
		fixture = await openCommandsFixture({ apps: [APNS, { ...APNS, name: "monal-dev" }] });
		await fixture.ask(command("v1-register-push", submit({ type: "monal-dev", node: "D", token: APNS_HEX })));
		expect((await fixture.only()).app).toBe("monal-dev");
	});

	test.each([
		[{ node: "D", token: APNS_HEX }, "The field type is missing: fill it in."],
		[{ type: "apns", token: APNS_HEX }, "The field node is missing: fill it in."],
		[{ type: "apns", node: "D" }, "The field token is missing: fill it in."],
		[
			{ type: "apns", node: "D", token: "no hex" },
			"The token must be 2 to 200 bytes in hexadecimal, without blanks or brackets.",
		],
		[
			{ type: "apns", node: "x".repeat(257), token: APNS_HEX },
			"The field node has more than 256 bytes: shorten it.",
		],
	])("with a bad field says what to do, and changes nothing: %#", async (fields, text) => {
		const form = submit(fields as Record<string, string>);
		expect(await fixture.ask(command("v1-register-push", form))).toBe(badField(text));
		expect(await fixture.count()).toBe(0);
	});

	test("says which services there are to a type that is none of them", async () => {
		const form = submit({ type: "blackberry", node: "D", token: "t" });
		expect(await fixture.ask(command("v1-register-push", form))).toBe(
			error(
				"cancel",
				"feature-not-implemented",
				"This server does not push to such devices. It pushes through: webpush, ubuntu, apns, fcm, wns.",
			),
		);
	});
});

describe("v1-unregister-push", () => {
	const UNREGISTER = monal(
		"v1-unregister-push",
		`<field var="type"><value>apns</value></field><field var="node"><value>${DEVICE}</value></field>`,
	);

	test("ends it by the device id that was sent, and is answered like registering", async () => {
		await fixture.reply(REGISTER);
		const { node } = await fixture.only();
		const form = answer("push.example.net", node, await fixture.keyring.secretOf(node));
		expect(await fixture.reply(UNREGISTER)).toBe(
			result(completed("v1-unregister-push", note("The registration ended."), form)),
		);
		expect(await fixture.count()).toBe(0);
		expect(fixture.gone).toMatchObject([{ node, owner: "juliet@example.org" }]);
	});

	test("ends it by the node that was returned too", async () => {
		await fixture.reply(REGISTER);
		const { node } = await fixture.only();
		await fixture.ask(command("v1-unregister-push", submit({ type: "apns", node })));
		expect(await fixture.count()).toBe(0);
	});

	test.each([
		["another type", JULIET, { type: "fcm", node: DEVICE }],
		["another device", JULIET, { type: "apns", node: "D" }],
		["another owner", "romeo@example.org/orchard", { type: "apns", node: DEVICE }],
	])("finds nothing of %s", async (_name, from, fields) => {
		await fixture.reply(REGISTER);
		expect(await fixture.ask(command("v1-unregister-push", submit(fields)), { from })).toContain(
			`<error type="cancel"><item-not-found `,
		);
		expect(await fixture.count()).toBe(1);
	});
});
