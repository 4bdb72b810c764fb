/** One owner, whichever app server's commands each device registered by. */
import { afterEach, expect, test } from "bun:test";
import { NS } from "../../../src/xmpp/namespaces.ts";
import { parse } from "../parse.ts";
import {
	APNS_BASE64,
	APNS_HEX,
	type CommandsFixture,
	command,
	openCommandsFixture,
	submit,
} from "./commands-fixture.ts";

const PUBLIC_URL = "https://push.example.net";

const closing: CommandsFixture[] = [];
afterEach(async () => {
	for (const one of closing.splice(0)) await one.close();
});
async function open(...options: Parameters<typeof openCommandsFixture>) {
	const fixture = await openCommandsFixture(...options);
	closing.push(fixture);
	return fixture;
}

/** The dialects, each with a device of its own; whether its clients may know Push 2.0. */
const DOORS = [
	["mod_push", "register-push-apns", { token: APNS_BASE64, "device-id": "a", "device-name": "Home" }, true],
	["p2", "register-push-fcm", { token: "fcm:p2", "android-id": "b" }, true],
	["p2, a room", "register-push-fcm", { token: "fcm:p2", "android-id": "b", muc: "room@chat.example" }, true],
	["mod_push_appserver", "v1-register-push", { type: "fcm", node: "c", token: "fcm:form" }, true],
	["ours", "register-push-webpush", { token: "https://push.example/1", "device-id": "d" }, true],
	[
		"Tigase",
		"register-device",
		{ provider: "tigase:messenger:apns:1", "device-token": APNS_HEX, "device-id": "e" },
		false,
	],
] as const;

const fieldsOf = (answer: string, name = "field") =>
	new Map(
		parse(`<answer>${answer}</answer>`)
			.getChild("command")
			?.getChild("x", NS.dataForms)
			?.getChildren(name)
			.map((field) => [String(field.attrs.var), field.getChildText("value") ?? ""]),
	);

test("all of an owner's devices are listed, whichever door they came by: the web app shows this list", async () => {
	const fixture = await open();
	const nodes: string[] = [];
	for (const [, name, fields] of DOORS) {
		const answer = fieldsOf(await fixture.ask(command(name, submit(fields))));
		nodes.push(answer.get("node") ?? "");
	}
	const list = await fixture.ask(command("list-push-registrations"));
	const items = parse(`<answer>${list}</answer>`)
		.getChild("command")
		?.getChild("x", NS.dataForms)
		?.getChildren("item")
		.map((item) =>
			item
				.getChildren("field")
				.find(({ attrs }) => attrs.var === "node")
				?.getChildText("value"),
		);
	expect(items?.toSorted() as string[]).toEqual(nodes.toSorted());
});

test.each(DOORS)("by %s", async (_door, name, fields, knowsPush2) => {
	const fixture = await open({ publicUrl: PUBLIC_URL });
	const answer = fieldsOf(await fixture.ask(command(name, submit(fields))));
	const [node, secret] = [answer.get("node"), answer.get("secret")];
	expect(answer.get("push2")).toBe(
		knowsPush2 ? `https://push.example.net/push2/${node}.${secret}` : undefined,
	);
});

test("there is no URL for Push 2.0 without a PUBLIC_URL", async () => {
	const fixture = await open();
	const [, [, name, fields]] = DOORS;
	expect(await fixture.ask(command(name, submit(fields)))).not.toContain("push2");
});
