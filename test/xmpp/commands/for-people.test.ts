/** Commands as a person meets them, whose client draws a list of commands, forms, tables and notes. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import type { Element } from "@xmpp/xml";
import { parse } from "../parse.ts";
import {
	ALL_APPS,
	APNS_BASE64,
	APNS_HEX,
	type CommandsFixture,
	command,
	openCommandsFixture,
	submit,
} from "./commands-fixture.ts";

let fixture: CommandsFixture;
beforeEach(async () => {
	fixture = await openCommandsFixture();
});
afterEach(() => fixture.close());

const COMMANDS = "http://jabber.org/protocol/commands";
const ITEMS = "http://jabber.org/protocol/disco#items";

const run = async (node: string, fields?: Record<string, string>) =>
	parse(await fixture.ask(command(node, fields && submit(fields))));

/** The fields of a form as a client draws them: without a label or a type it draws the bare name, or nothing. */
function drawn(form: Element | undefined): string[] {
	return (form?.getChildren("field") ?? []).map(({ attrs }) => {
		if (!attrs.label || !attrs.type) throw new Error(`${attrs.var} has no label or no type: ${form}`);
		return String(attrs.var);
	});
}

/** The commands that are listed: [node, name]. */
async function listed(apps = ALL_APPS): Promise<(readonly [string, string])[]> {
	const its = await openCommandsFixture({ apps });
	try {
		const answer = parse(await its.ask(`<query xmlns="${ITEMS}" node="${COMMANDS}"/>`, { type: "get" }));
		return answer.getChildren("item").map(({ attrs }) => [String(attrs.node), String(attrs.name)] as const);
	} finally {
		await its.close();
	}
}

describe("the list of commands", () => {
	test("has each once, by the name that the older app servers gave it, with what it does in plain words", async () => {
		expect(await listed()).toEqual([
			["register-push-apns", "Register an app on an iPhone, iPad or Mac (APNs)"],
			["register-push-gcm", "Register an app on Android (FCM)"],
			["register-push-mozilla", "Register a browser or a UnifiedPush app (Web Push)"],
			["register-push-ubuntu", "Register an app on Ubuntu Touch (Ubuntu Push)"],
			["register-push-wns", "Register an app on Windows (WNS)"],
			["list-push-registrations", "Show my devices"],
			["unregister-push", "Unregister this device"],
			["test-push", "Send a test push to one of my devices"],
			["rename-push", "Rename one of my devices"],
		]);
	});

	test("leaves out what is another name for the same, which works and can be asked about", async () => {
		const nodes = (await listed()).map(([node]) => node);
		for (const node of [
			...["register-push-webpush", "register-push-unifiedpush", "register-push-fcm"],
			...["unregister-push-fcm", "unregister-push-apns", "v1-register-push", "v1-unregister-push"],
			...["register-device", "unregister-device"],
		]) {
			expect(nodes).not.toContain(node);
			expect((await run(node)).attrs.status).toBe("executing");
			const info = `<query xmlns="http://jabber.org/protocol/disco#info" node="${node}"/>`;
			expect(await fixture.ask(info, { type: "get" })).toContain('type="command-node"');
		}
	});
});

const WEB = { token: "https://push.example/token-1", "device-id": "web" };
const P2 = { token: "t", "android-id": "p2" };
const V1 = { type: "apns", node: "v1" };
const TIGASE = { provider: "snikket:apns:1", "device-token": APNS_HEX };

describe("every field has a label and a type", () => {
	test.each([
		...["register-push-apns", "register-push-gcm", "register-push-fcm", "register-push-mozilla"],
		...["register-push-ubuntu", "register-push-wns", "unregister-push-fcm", "unregister-push-apns"],
		...["v1-register-push", "v1-unregister-push", "register-device", "unregister-device"],
		...["test-push", "rename-push"],
	])("of the form of %s", async (node) => {
		await run("register-push-webpush", WEB);
		const form = (await run(node)).getChild("x");
		expect(drawn(form).length).toBeGreaterThan(0);
		expect(form?.getChildText("title")).toBeTruthy();
		expect(form?.getChildText("instructions")).toBeTruthy();
	});

	test.each<[string, Record<string, string>, string[]]>([
		["register-push-apns", { token: APNS_BASE64 }, ["jid", "node", "secret"]],
		["register-push-webpush", WEB, ["jid", "node", "secret", "device-secret"]],
		["register-push-fcm", P2, ["jid", "node", "secret"]],
		["v1-register-push", { ...V1, token: APNS_HEX }, ["jid", "node", "secret"]],
		["register-device", TIGASE, ["node", "features", "max-payload-size"]],
	])("of the answer to %s", async (node, fields, expected) => {
		expect(drawn((await run(node, fields)).getChild("x"))).toEqual(expected);
	});

	test("of the answers about a registration that there is", async () => {
		await run("register-push-webpush", WEB);
		const { node } = await fixture.only();
		expect(drawn((await run("test-push", { node })).getChild("x"))).toEqual(["node", "result"]);
		const renamed = await run("rename-push", { node, "device-name": "Kitchen" });
		expect(drawn(renamed.getChild("x"))).toEqual(["nodes"]);
		expect(drawn((await run("unregister-push", { nodes: node })).getChild("x"))).toEqual(["nodes"]);
		await run("v1-register-push", { ...V1, token: APNS_HEX });
		expect(drawn((await run("v1-unregister-push", V1)).getChild("x"))).toEqual(["jid", "node", "secret"]);
	});
});

test("a table has a heading for each column, and in every row the same columns", async () => {
	await run("register-push-webpush", { ...WEB, "device-name": "Phone" });
	await run("register-push-fcm", P2);
	await run("register-device", TIGASE);
	const form = (await run("list-push-registrations")).getChild("x");
	const columns = drawn(form?.getChild("reported"));
	expect(columns).toEqual(["device-name", "node", "app", "last-success", "last-error"]);
	const rows = form?.getChildren("item") ?? [];
	expect(rows).toHaveLength(3);
	for (const row of rows) expect(row.getChildren("field").map(({ attrs }) => attrs.var)).toEqual(columns);
});

describe("a note says what came of it where there is nothing to show", () => {
	test("a list that is empty", async () => {
		const note = (await run("list-push-registrations")).getChild("note");
		expect([note?.attrs.type, note?.text()]).toEqual(["info", "You have no registration here."]);
	});

	test.each<[string, string, Record<string, string>, Record<string, string>]>([
		["unregister-push", "register-push-webpush", WEB, { "device-id": "web" }],
		["unregister-push-fcm", "register-push-fcm", P2, { "android-id": "p2" }],
		["v1-unregister-push", "v1-register-push", { ...V1, token: APNS_HEX }, V1],
		["unregister-device", "register-device", TIGASE, TIGASE],
	])("a registration that %s ended", async (end, register, registered, ended) => {
		await run(register, registered);
		const note = (await run(end, ended)).getChild("note");
		expect([note?.attrs.type, note?.text()]).toEqual(["info", "The registration ended."]);
	});
});
