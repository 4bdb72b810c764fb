/** Tigase's dialect, as Siskin, Snikket for iOS and BeagleIM send it and as they read the answers. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { splitOpenNode } from "../../../src/secrets.ts";
import {
	APNS,
	APNS_HEX,
	badField,
	type CommandsFixture,
	command,
	completed,
	error,
	FCM,
	JULIET,
	note,
	openCommandsFixture,
	submit,
	WEBPUSH,
} from "./commands-fixture.ts";

let fixture: CommandsFixture;
beforeEach(async () => {
	fixture = await openCommandsFixture();
});
afterEach(() => fixture.close());

const VOIP_HEX = APNS_HEX.replaceAll("a", "b");
const SISKIN = "tigase:messenger:apns:1";

/** As Siskin sends it. */
const siskin = (node: string, fields: Record<string, string>) =>
	`<iq type="set" to="push.tigase.example" id="tk7w" from="${JULIET}">` +
	`<command xmlns="http://jabber.org/protocol/commands" node="${node}"><x xmlns="jabber:x:data" type="submit">${Object.entries(
		fields,
	)
		.map(([name, value]) => `<field var="${name}" type="text-single"><value>${value}</value></field>`)
		.join("")}</x></command></iq>`;
const result = (child: string) =>
	`<iq type="result" id="tk7w" to="${JULIET}" from="push.tigase.example">${child}</iq>`;

describe("register-device", () => {
	const fields = { provider: SISKIN, "device-token": APNS_HEX, "device-second-token": VOIP_HEX };

	test("is answered with a node, features and a size, to the element and attribute; no secret", async () => {
		const reply = await fixture.reply(siskin("register-device", fields));
		const { node } = await fixture.only();
		expect(reply).toBe(
			result(
				completed(
					"register-device",
					`<x xmlns="jabber:x:data" type="result">` +
						`<field type="text-single" var="node" label="The node that your server publishes to: keep it to yourself"><value>${await fixture.keyring.openNode(node)}</value></field>` +
						`<field type="list-multi" var="features" label="What your server may send beside a wake-up"><value>tigase:push:encrypt:0</value></field>` +
						`<field type="text-single" var="max-payload-size" label="How many bytes it may encrypt for the device"><value>2560</value></field></x>`,
				),
			),
		);
	});

	test("hands out a node that is its own credential, and keeps one that is not", async () => {
		const reply = await fixture.reply(siskin("register-device", fields));
		const open = splitOpenNode(reply.match(/var="node"[^>]*><value>([^<]*)/)?.[1] ?? "");
		expect(open?.node).toBe((await fixture.only()).node);
		expect(await fixture.keyring.verify(open?.node ?? "", open?.secret ?? "")).toBe("ok");
	});

	test("keeps both tokens, and what was written to", async () => {
		await fixture.reply(siskin("register-device", fields));
		expect(await fixture.only()).toMatchObject({
			owner: "juliet@example.org",
			app: "apns",
			token: APNS_HEX,
			voipToken: VOIP_HEX,
			jid: "push.tigase.example",
			dialect: "tigase",
		});
	});

	test("renews with the same token, in capitals too, and is another device's with another", async () => {
		const first = await fixture.reply(siskin("register-device", fields));
		const again = { ...fields, "device-token": APNS_HEX.toUpperCase() };
		expect(await fixture.reply(siskin("register-device", again))).toBe(first);
		await fixture.reply(siskin("register-device", { ...fields, "device-token": VOIP_HEX }));
		expect(await fixture.count()).toBe(2);
	});

	test.each([
		["tigase:messenger:apns:1", "apns"],
		["snikket:apns:1", "apns"],
		["fcm-xmpp-api", "fcm"],
	])("the known provider %s is for the app %s", async (provider, app) => {
		await fixture.reply(siskin("register-device", { provider, "device-token": APNS_HEX }));
		expect((await fixture.only()).app).toBe(app);
	});

	test("the operator's own provider is for the app that lists it, and for no other", async () => {
		await fixture.close();
		fixture = await openCommandsFixture({
			apps: [APNS, { ...APNS, name: "own", providers: ["com.example:apns:1"] }, FCM],
		});
		await fixture.reply(
			siskin("register-device", { provider: "com.example:apns:1", "device-token": APNS_HEX }),
		);
		expect((await fixture.only()).app).toBe("own");
		const other = await fixture.ask(
			command("register-device", submit({ provider: SISKIN, "device-token": APNS_HEX })),
		);
		expect(other).toBe(
			badField("This provider is not served here. There is: com.example:apns:1, fcm-xmpp-api."),
		);
	});

	test.each([
		[{ "device-token": APNS_HEX }, "The field provider is missing: fill it in."],
		[{ provider: SISKIN }, "The field device-token is missing: fill it in."],
		[
			{ provider: SISKIN, "device-token": "x" },
			"The token must be 2 to 200 bytes in hexadecimal, without blanks or brackets.",
		],
	])("with %j says what to do, and changes nothing", async (given, text) => {
		expect(await fixture.ask(command("register-device", submit(given as Record<string, string>)))).toBe(
			badField(text),
		);
		expect(await fixture.count()).toBe(0);
	});

	test("is not there without APNs and FCM", async () => {
		await fixture.close();
		fixture = await openCommandsFixture({ apps: [WEBPUSH] });
		expect(await fixture.ask(command("register-device", submit(fields)))).toBe(
			error("cancel", "feature-not-implemented", "This server is not set up for such devices."),
		);
	});
});

describe("unregister-device", () => {
	const fields = { provider: SISKIN, "device-token": APNS_HEX };

	test("ends the device's, without a form, and tells the owner's server of the node that it knows", async () => {
		await fixture.reply(siskin("register-device", fields));
		const { node } = await fixture.only();
		expect(await fixture.reply(siskin("unregister-device", fields))).toBe(
			result(completed("unregister-device", note("The registration ended."))),
		);
		expect(await fixture.count()).toBe(0);
		expect(fixture.gone).toMatchObject([{ node, owner: "juliet@example.org" }]);
	});

	test.each([
		["another token", JULIET, { ...fields, "device-token": VOIP_HEX }],
		["another service's provider", JULIET, { ...fields, provider: "fcm-xmpp-api" }],
		["another owner", "romeo@example.org/orchard", fields],
	])("finds nothing of %s", async (_name, from, given) => {
		await fixture.reply(siskin("register-device", fields));
		expect(await fixture.ask(command("unregister-device", submit(given)), { from })).toContain(
			`<error type="cancel"><item-not-found `,
		);
		expect(await fixture.count()).toBe(1);
	});

	test("a node is listed, and ended by unregister-push, as its client knows it", async () => {
		await fixture.reply(siskin("register-device", fields));
		const open = await fixture.keyring.openNode((await fixture.only()).node);
		expect(await fixture.ask(command("list-push-registrations"))).toContain(`<value>${open}</value>`);
		expect(await fixture.ask(command("unregister-push", submit({ nodes: open })))).toContain(
			`var="nodes" label="The nodes of those that ended"><value>${open}</value></field>`,
		);
		expect(await fixture.count()).toBe(0);
	});
});

test("all dialects share one list of an owner's registrations", async () => {
	await fixture.reply(siskin("register-device", { provider: SISKIN, "device-token": APNS_HEX }));
	await fixture.ask(command("register-push-fcm", submit({ token: "t", "android-id": "1" })));
	await fixture.ask(command("v1-register-push", submit({ type: "fcm", node: "2", token: "t" })));
	expect((await fixture.ask(command("list-push-registrations"))).match(/<item>/g)).toHaveLength(3);
});
