/** Fluux's requests, as its server hands them on (XEP-0355). */
import { afterEach, describe, expect, test } from "bun:test";
import { createInviteDesk } from "../../../src/registering/invite-check.ts";
import { createNodeSource } from "../../../src/registering/nodes.ts";
import { createRegistrationRate } from "../../../src/registering/registration-rate.ts";
import { createRegistrar } from "../../../src/registering/xmpp-registrar.ts";
import { createKeyring } from "../../../src/secrets.ts";
import { createEnablings } from "../../../src/store/enablings.ts";
import { createInvites } from "../../../src/store/invites.ts";
import { createRegistrations } from "../../../src/store/registrations/registrations.ts";
import type { Enabling } from "../../../src/types.ts";
import { createDelegation } from "../../../src/xmpp/delegation.ts";
import { createStanzaHandler } from "../../../src/xmpp/stanzas.ts";
import { openTestDatabase } from "../../database.ts";
import { servicesWithoutNetwork } from "../../services/without-network.ts";
import { parse } from "../parse.ts";
import { FCM, NO_NODES, WEBPUSH } from "./commands-fixture.ts";

const HERE = "push.example.org";
const KEYS =
	"BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4#BTBZMqHH6r4Tts7J_aSIgg";
const ID = `https://updates.push.services.mozilla.com/wpush/v2/one#${KEYS}`;
const keyring = await createKeyring("a key of at least thirty-two characters, for tests");
const closing: (() => unknown)[] = [];
afterEach(async () => {
	for (const close of closing.splice(0)) await close();
});

async function open({ state = "enabled" as Enabling["state"], isOn = true } = {}) {
	const database = await openTestDatabase();
	closing.push(() => database.close());
	const apps = [WEBPUSH, FCM];
	const registrations = createRegistrations(database.db, { owner: 2, address: 50, host: 50 });
	const enablings = createEnablings(database.db);
	const told: string[] = [];
	const faults: unknown[] = [];
	const registrar = createRegistrar({
		registrations,
		keyring,
		nodes: createNodeSource(keyring, NO_NODES, []),
		apps,
		services: await servicesWithoutNetwork(apps),
		allow: ["*"],
		address: HERE,
		rate: createRegistrationRate(registrations),
		invites: createInviteDesk(createInvites(database.db)),
		vapidPublicKey: "the VAPID key",
		testPush: async () => ({ kind: "done", how: "delivered" }),
		...(isOn && {
			ownUsers: {
				enablings,
				async enable(node: string) {
					told.push(`enable ${node}`);
					const found = await enablings.find(node);
					return found && { ...found, state, ...(state !== "enabled" && { reason: "so it said" }) };
				},
				async ended({ node }: { node: string }) {
					told.push(`disable ${node}`);
					return undefined;
				},
			},
		}),
	});
	const commands = { registrar, onFault: (error: unknown) => faults.push(error) };
	const handle = createStanzaHandler({
		publish: async () => ({ kind: "wait", reason: "none here" }),
		commands,
		delegation: createDelegation({ ...commands, domains: ["example.org"] }),
		version: "1",
	});
	const send = async (stanza: string) => String(await handle(parse(stanza)));
	return {
		...database,
		registrations,
		enablings,
		told,
		faults,
		send,
		/** What comes back inside. */
		async ask(
			request: string,
			{ type = "set", from = "romeo@example.org/x", to = "", by = "example.org" } = {},
		) {
			const inner = `<iq xmlns="jabber:client" type="${type}" id="its" from="${from}"${to && ` to="${to}"`}>${request}</iq>`;
			const answer = await send(
				`<iq type="set" id="q1" from="${by}" to="${HERE}"><delegation xmlns="urn:xmpp:delegation:2"><forwarded xmlns="urn:xmpp:forward:0">${inner}</forwarded></delegation></iq>`,
			);
			const [, open = "", rest = ""] =
				/^<iq type="result" id="q1" to="example.org" from="push.example.org"><delegation xmlns="urn:xmpp:delegation:2"><forwarded xmlns="urn:xmpp:forward:0">(<iq [^>]*?\/?>)(.*?)(?:<\/iq>)?<\/forwarded><\/delegation><\/iq>$/.exec(
					answer,
				) ?? [];
			return open === "" ? answer : [open, rest];
		},
		only: () => registrations.ofOwner("romeo@example.org"),
	};
}

const head = (type: string, slash = "") =>
	`<iq xmlns="jabber:client" type="${type}" id="its" to="romeo@example.org/x" from="romeo@example.org"${slash}>`;
const push = (id = ID, appid = "webpush", type = "webpush") =>
	`<push xmlns="p1:push"><body send="all" groupchat="true" from="name"/><offline>true</offline><notification><type>${type}</type><id>${id}</id></notification><appid>${appid}</appid></push>`;
const disable = (id = ID) =>
	`<disable xmlns="p1:push"><appid>webpush</appid><notification><type>webpush</type><id>${id}</id></notification></disable>`;
const services = `<services xmlns="p1:push:webpush"/>`;

describe("Fluux", () => {
	test("is told the apps for browsers, with the key to subscribe with", async () => {
		const { ask } = await open();
		expect(await ask(services, { type: "get" })).toEqual([
			head("result"),
			`<services xmlns="p1:push:webpush"><service vapid="the VAPID key" appid="webpush"/></services>`,
		]);
	});

	test("registers, and its server is told; again is the same device, and off ends it", async () => {
		const { ask, told, only, enablings } = await open();
		expect(await ask(push())).toEqual([head("result", "/"), ""]);
		const [its, ...more] = await only();
		expect([its?.dialect, its?.classes, its?.deviceName, its?.jid, more]).toEqual([
			"fluux",
			["voip", "high"],
			"Fluux Messenger",
			HERE,
			[],
		]);
		expect(await enablings.find(its?.node ?? "")).toMatchObject({ owner: "romeo@example.org" });
		const [endpoint = ""] = ID.split("#");
		expect(await ask(push(`${endpoint}#${KEYS.replaceAll("-", "+").replaceAll("_", "/")}==`))).toEqual([
			head("result", "/"),
			"",
		]);
		expect(await only()).toHaveLength(1);
		expect(await ask(disable())).toEqual([head("result", "/"), ""]);
		expect(await only()).toEqual([]);
		expect(told).toEqual([`enable ${its?.node}`, `enable ${its?.node}`, `disable ${its?.node}`]);
		expect(await ask(disable())).toEqual([head("result", "/"), ""]);
	});

	test("is told when its server did not enable push, and why; what was refused is not left behind", async () => {
		const waiting = await open({ state: "waiting" });
		expect(String(await waiting.ask(push()))).toContain(
			`<error type="wait"><resource-constraint xmlns="urn:ietf:params:xml:ns:xmpp-stanzas"/><text xmlns="urn:ietf:params:xml:ns:xmpp-stanzas" xml:lang="en">Push is not enabled yet: so it said. It is tried again.`,
		);
		expect(await waiting.only()).toHaveLength(1);
		const refused = await open({ state: "refused" });
		expect(String(await refused.ask(push()))).toContain("Push cannot be enabled at your server: so it said.");
		expect(await refused.only()).toEqual([]);
	});

	test.each([
		["another type", push(ID, "webpush", "applepush"), "must be webpush"],
		["no keys", push("https://updates.push.services.mozilla.com/one"), "endpoint, p256dh and auth"],
		["keys that are none", push("https://updates.push.services.mozilla.com/one#a#b"), "p256dh"],
		["an endpoint that is none", push(`http://10.0.0.1/#${KEYS}`), "<bad-request"],
		["an id that is too long", push(`${"x".repeat(5000)}#${KEYS}`), "more than 1200 characters"],
		["an app that is not there", push(ID, "another"), "There is no such appid"],
		["an app that is for no browsers", push(ID, "fcm"), "There is no such appid"],
		["what is not served", `<other xmlns="p1:push"/>`, "services, push and disable"],
		["services that are set", services, "services, push and disable"],
	])("gets an error for %s, and nothing is changed", async (_, request, said) => {
		const { ask, only, told, faults } = await open();
		const [open1, rest] = (await ask(request)) as string[];
		expect(open1).toBe(head("error"));
		expect(rest).toContain(said);
		expect([await only(), told, faults]).toEqual([[], [], []]);
	});

	test("has quotas as any owner: one more device is refused, and nothing is left of it", async () => {
		const { ask, only, told, enablings } = await open();
		for (const path of ["one", "two", "three"]) await ask(push(ID.replace("/one#", `/${path}#`)));
		expect(await only()).toHaveLength(2);
		expect(told).toHaveLength(2);
		expect(await enablings.ofOwner("romeo@example.org")).toHaveLength(2);
	});
});

describe("a server that hands requests on", () => {
	test.each(["::", ":bare:"])("is told the features that it asks for with %s", async (mark) => {
		const { send } = await open();
		for (const namespace of ["p1:push", "p1:push:webpush"]) {
			const node = `urn:xmpp:delegation:2${mark}${namespace}`;
			const query = `<query xmlns="http://jabber.org/protocol/disco#info" node="${node}"`;
			expect(await send(`<iq type="get" id="q1" from="example.org" to="${HERE}">${query}/></iq>`)).toBe(
				`<iq type="result" id="q1" to="example.org" from="${HERE}">${query}><feature var="${namespace}"/></query></iq>`,
			);
			expect(await send(`<iq type="get" id="q1" from="example.com" to="${HERE}">${query}/></iq>`)).toContain(
				"item-not-found",
			);
		}
	});

	test.each([
		["an unlisted domain", { by: "example.com", from: "carol@example.com/x" }, "nothing of this kind"],
		["a user by hand", { by: "romeo@example.org/x" }, "nothing of this kind"],
		["another domain's user", { from: "carol@example.com/x" }, "must be of a user of yours"],
		["nobody", { from: "" }, "must be of a user of yours"],
		["itself", { from: "example.org" }, "must be of a user of yours"],
		["an answer", { type: "result" }, "must be of a user of yours"],
		// Nodeprep leaves this letter as it is, and today's lower case of it is another account's.
		["an account spelt in more than one way", { from: "\u10a0@example.org/x" }, "not spelt alike"],
		["a request to another user", { to: "juliet@example.org" }, "is to another user"],
	])("is not served for %s", async (_, how, said) => {
		const { ask, only, told } = await open();
		expect(await ask(push(), how)).toContain(said);
		expect([await only(), told]).toEqual([[], []]);
	});

	test.each(["romeo@example.org", "ROMEO@example.org", "example.org"])("is served to %s", async (to) => {
		const { ask } = await open();
		expect(String(await ask(push(), { to }))).toContain(`from="${to}"`);
	});

	test("gets an error where XMPP_ENABLE_FOR lists nothing, or what it hands on is no request", async () => {
		const { ask } = await open({ isOn: false });
		expect(String(await ask(push()))).toContain("service-unavailable");
		const { send } = await open();
		for (const inner of ["", `<forwarded xmlns="urn:xmpp:forward:0"/>`]) {
			const stanza = `<iq type="set" id="q1" from="example.org" to="${HERE}"><delegation xmlns="urn:xmpp:delegation:2">${inner}</delegation></iq>`;
			expect(await send(stanza)).toContain("bad-request");
		}
		expect(String(await (await open()).ask("<a/><b/>"))).toContain("service-unavailable");
	});
});
