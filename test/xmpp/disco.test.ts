/** Service discovery: what clients look for before they register, true to the configuration. */
import { afterEach, describe, expect, test } from "bun:test";
import {
	ALL_APPS,
	APNS,
	type CommandsFixture,
	type CommandsFixtureOptions,
	command,
	FCM,
	openCommandsFixture,
	PUSH,
	UBUNTU,
	WEBPUSH,
} from "./commands/commands-fixture.ts";

const fixtures: CommandsFixture[] = [];
afterEach(() => Promise.all(fixtures.splice(0).map((fixture) => fixture.close())));
async function fixture(options?: CommandsFixtureOptions) {
	const opened = await openCommandsFixture(options);
	fixtures.push(opened);
	return opened;
}

const INFO = "http://jabber.org/protocol/disco#info";
const ITEMS = "http://jabber.org/protocol/disco#items";
const COMMANDS = "http://jabber.org/protocol/commands";
const query = (xmlns: string, node?: string) =>
	`<query xmlns="${xmlns}"${node === undefined ? "" : ` node="${node}"`}/>`;
const ask = async (options: CommandsFixtureOptions, xmlns: string, node?: string) =>
	(await fixture(options)).ask(query(xmlns, node), { type: "get" });
const itemsOf = (answer: string) => [...answer.matchAll(/ node="([^"]+)" name="/g)].map(([, node]) => node);

const NOT_FOUND = `<error type="cancel"><item-not-found xmlns="urn:ietf:params:xml:ns:xmpp-stanzas"/></error>`;

describe("disco#info of our address", () => {
	test("shows a push service, its apps, and all that is answered, to the element and attribute", async () => {
		const apps = [WEBPUSH, UBUNTU, { ...APNS, name: "siskin" }, { ...APNS, name: "beagle" }, FCM];
		expect(await ask({ apps }, INFO)).toBe(
			`<query xmlns="${INFO}">` +
				`<identity category="pubsub" type="push" name="Reveille"/>` +
				`<identity category="app-server" type="any"/>` +
				`<identity category="app-server" type="siskin"/>` +
				`<identity category="app-server" type="beagle"/>` +
				`<identity category="app-server" type="fcm"/>` +
				[
					...[
						INFO,
						ITEMS,
						"urn:xmpp:push:0",
						COMMANDS,
						"jabber:x:data",
						"urn:xmpp:ping",
						"jabber:iq:version",
					],
					...["tigase:messenger:apns:1", "snikket:apns:1", "fcm-xmpp-api"],
				]
					.map((feature) => `<feature var="${feature}"/>`)
					.join("") +
				"</query>",
		);
	});

	test("has the key that browsers subscribe with, for web apps that know no other address (XEP-0128)", async () => {
		expect(await ask({ registrar: { vapidPublicKey: "BKEY" } }, INFO)).toEndWith(
			`<x xmlns="jabber:x:data" type="result">` +
				`<field var="FORM_TYPE" type="hidden"><value>urn:xmpp:push:0</value></field>` +
				`<field var="vapid-public-key"><value>BKEY</value></field></x></query>`,
		);
		expect(await ask({}, INFO)).not.toContain('jabber:x:data" type');
	});

	test("shows no provider without its service", async () => {
		const answer = await ask({ apps: [WEBPUSH, UBUNTU] }, INFO);
		expect(answer).not.toContain("apns");
		expect(answer).not.toContain("fcm");
	});

	test("shows the operator's own providers in place of the known ones", async () => {
		const apps = [WEBPUSH, { ...APNS, providers: ["com.example:apns:1"] }];
		const answer = await ask({ apps }, INFO);
		expect(answer).toContain(`<feature var="com.example:apns:1"/>`);
		expect(answer).not.toContain("tigase:messenger");
	});
});

describe("disco#items", () => {
	test("of our address are none: commands have a node of their own", async () => {
		expect(await ask({}, ITEMS)).toBe(`<query xmlns="${ITEMS}"/>`);
	});

	test("of the commands node are the commands that work with today's configuration", async () => {
		const answer = await ask({ apps: [WEBPUSH, UBUNTU] }, ITEMS, COMMANDS);
		expect(answer).toStartWith(
			`<query xmlns="${ITEMS}" node="${COMMANDS}">` +
				`<item jid="${PUSH}" node="register-push-mozilla" name="Register a browser or a UnifiedPush app (Web Push)"/>`,
		);
		expect(itemsOf(answer)).toEqual([
			...["register-push-mozilla", "register-push-ubuntu"],
			...["list-push-registrations", "unregister-push", "test-push", "rename-push"],
		]);
	});

	test("name our domain alone where they were asked for at a very long address of it", async () => {
		const opened = await fixture({ apps: ALL_APPS });
		const to = `push.example.net/${">".repeat(3_000)}`;
		const answer = await opened.ask(query(ITEMS, COMMANDS), { type: "get", to });
		expect(answer).toContain(`<item jid="push.example.net" node="register-push-apns"`);
		expect(answer.length).toBeLessThan(5_000);
	});

	test("gains commands with each service", async () => {
		const answer = await ask({ apps: ALL_APPS }, ITEMS, COMMANDS);
		expect(itemsOf(answer)).toEqual([
			...["register-push-apns", "register-push-gcm", "register-push-mozilla"],
			...["register-push-ubuntu", "register-push-wns"],
			...["list-push-registrations", "unregister-push", "test-push", "rename-push"],
		]);
	});

	test("list no command that would not work, and leave out none that would", async () => {
		for (const apps of [[WEBPUSH], [FCM], [APNS], ALL_APPS]) {
			const here = await fixture({ apps });
			const listed = itemsOf(await here.ask(query(ITEMS, COMMANDS), { type: "get" }));
			for (const node of itemsOf(await ask({ apps: ALL_APPS }, ITEMS, COMMANDS))) {
				const answer = await here.ask(command(node ?? ""));
				expect(answer.includes("feature-not-implemented")).toBe(!listed.includes(node));
			}
		}
	});
});

describe("disco#info of a node", () => {
	test("tells that the commands node is a list of commands", async () => {
		expect(await ask({}, INFO, COMMANDS)).toBe(
			`<query xmlns="${INFO}" node="${COMMANDS}">` +
				`<identity category="automation" type="command-list" name="Commands"/>` +
				`<feature var="${COMMANDS}"/><feature var="${ITEMS}"/></query>`,
		);
	});

	test("tells the name of a command, which takes a form", async () => {
		expect(await ask({}, INFO, "unregister-push")).toBe(
			`<query xmlns="${INFO}" node="unregister-push">` +
				`<identity category="automation" type="command-node" name="Unregister this device"/>` +
				`<feature var="${COMMANDS}"/><feature var="jabber:x:data"/></query>`,
		);
	});

	test("a command has no items", async () => {
		expect(await ask({}, ITEMS, "unregister-push")).toBe(`<query xmlns="${ITEMS}" node="unregister-push"/>`);
	});

	test.each([INFO, ITEMS])("%s of a node that is not there, or not today, is not found", async (xmlns) => {
		expect(await ask({}, xmlns, "x")).toBe(NOT_FOUND);
		expect(await ask({ apps: [WEBPUSH] }, xmlns, "register-push-apns")).toBe(NOT_FOUND);
	});
});
