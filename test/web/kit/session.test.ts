/** What a page asks of the account's server and of Reveille while it is logged in, and what it makes of the answers. */
import { afterEach, describe, expect, test } from "bun:test";
import { webKitBounds } from "../../../src/limits/bounds/web-kit.ts";
import type { Element } from "../../../src/syntax/xml.ts";
import { createKit } from "../../../src/web/kit/create-kit.ts";
import type { FaultReason } from "../../../src/web/kit/fault.ts";
import type { Session } from "../../../src/web/kit/kit.ts";
import { faultOf } from "./faults.ts";
import {
	errorElement,
	failure,
	HOST,
	result,
	type ScriptedServer,
	startScriptedServer,
	streamError,
} from "./scripted-server.ts";

const ADDRESS = "push@example.net/push";
const domain = HOST;
const REGISTERED = { jid: ADDRESS, node: "a&b", secret: "<s>" };
const SUBSCRIPTION = { endpoint: "https://push.example/1?a&b", keys: { p256dh: "BKEY", auth: "AUTH" } };
const BROWSER = { subscription: SUBSCRIPTION, name: "Kitchen <1>", deviceId: "d1" };

const servers: ScriptedServer[] = [];
afterEach(() => {
	for (const server of servers.splice(0)) server.stop();
});

const never = () => new AbortController().signal;

/** Logged in at a server that answers requests so; undefined: not at all. */
async function logIn(
	answer: (iq: Element) => string | undefined = () => undefined,
	timeout: (ms: number) => AbortSignal = never,
): Promise<{ session: Session; server: ScriptedServer; asked(): Element | undefined }> {
	const server = startScriptedServer((element) => {
		if (element.getName() !== "iq" || element.getChild("bind")) return undefined;
		const said = answer(element);
		return said === undefined ? [] : [said];
	});
	servers.push(server);
	let time = 1000;
	const now = () => {
		time += 40;
		return time;
	};
	const kit = createKit({ isHttp: true, timeout, now });
	const session = await kit.logIn({ jid: `romeo@${HOST}`, password: "sesame" }, [server.url]);
	return { session, server, asked: () => server.heard.findLast((element) => element.getName() === "iq") };
}

/** Logged in at a server that answers everything with this inside the result. */
const answered = (inner: string) => logIn((iq) => result(iq, inner));
const refusing = (type: string, condition: string, text?: string, specific = "") =>
	logIn((iq) => failure(iq, type, condition, text).replace("</error>", `${specific}</error>`));

const field = (name: string, ...values: string[]) =>
	`<field var='${name}'>${values.map((value) => `<value>${value}</value>`).join("")}</field>`;
const form = (inner: string) =>
	`<command xmlns='http://jabber.org/protocol/commands' status='completed'><x xmlns='jabber:x:data' type='result'>${inner}</x></command>`;
const disco = (...features: string[]) =>
	`<query xmlns='http://jabber.org/protocol/disco#info'>${features.map((name) => `<feature var='${name}'/>`).join("")}</query>`;

/** What was filled into a form. */
function filledIn(element: Element | undefined): Record<string, string[]> {
	const fields = element?.getChild("x", "jabber:x:data")?.getChildren("field") ?? [];
	return Object.fromEntries(
		fields.map((one) => [one.attrs.var, one.getChildren("value").map((value) => value.text())]),
	);
}
const commandIn = (iq: Element | undefined) => iq?.getChild("command", "http://jabber.org/protocol/commands");

describe("what the server can do", () => {
	const PUSH = "urn:xmpp:push:0";
	const ENCRYPT = "tigase:push:encrypt:0";
	const AES = "tigase:push:encrypt:aes-128-gcm";

	test.each([
		[
			"of the account",
			(to: string) => (to === `romeo@${HOST}` ? [PUSH] : []),
			{ push: true, encrypts: false },
		],
		["of itself", (to: string) => (to === HOST ? [PUSH, ENCRYPT, AES] : []), { push: true, encrypts: true }],
		["with an algorithm that is not known", () => [PUSH, ENCRYPT], { push: true, encrypts: false }],
		["nowhere", () => ["urn:xmpp:mam:2"], { push: false, encrypts: false }],
	])("is said %s", async (_, said, features) => {
		const { session } = await logIn((iq) => result(iq, disco(...said(iq.attrs.to))));
		expect(await session.features()).toEqual(features);
	});

	test("is nothing where it does not say", async () => {
		const { session } = await refusing("cancel", "service-unavailable");
		expect(await session.features()).toEqual({ push: false, encrypts: false });
	});
});

describe("a registration", () => {
	test("of a browser is a command, and its answer is what the device needs", async () => {
		const { session, asked } = await answered(
			form(field("jid", ADDRESS) + field("node", "n") + field("secret", "s") + field("device-secret", "d")),
		);
		const registered = await session.registerBrowser(ADDRESS, {
			...BROWSER,
			classes: ["voip", "low"],
			invite: "7QMX-0V4H-T9KD",
		});
		expect(registered).toEqual({ jid: ADDRESS, node: "n", secret: "s", deviceSecret: "d" });
		expect(asked()?.attrs).toMatchObject({ type: "set", to: ADDRESS });
		expect(commandIn(asked())?.attrs).toMatchObject({ node: "register-push-webpush", action: "execute" });
		expect(filledIn(commandIn(asked()))).toEqual({
			token: [SUBSCRIPTION.endpoint],
			p256dh: ["BKEY"],
			auth: ["AUTH"],
			"device-id": ["d1"],
			"device-name": ["Kitchen <1>"],
			classes: ["voip", "low"],
			invite: ["7QMX-0V4H-T9KD"],
		});
	});

	test("at a pubsub service has no secret", async () => {
		const { session } = await answered(
			form(field("jid", ADDRESS) + field("node", "n") + field("secret") + field("device-secret", "d")),
		);
		expect(await session.registerBrowser(ADDRESS, BROWSER)).toEqual({
			jid: ADDRESS,
			node: "n",
			deviceSecret: "d",
		});
	});

	test("of a topic is the same device each time, and keeps no device secret", async () => {
		const { session, asked } = await answered(
			form(field("jid", ADDRESS) + field("node", "n") + field("secret", "s") + field("device-secret", "d")),
		);
		const ids = new Set<string | undefined>();
		for (const topic of ["https://ntfy.example/a", "https://ntfy.example/a", "https://ntfy.example/b"]) {
			const registered = await session.registerTopic(ADDRESS, { topic, name: "Phone" });
			expect(registered).toEqual({ jid: ADDRESS, node: "n", secret: "s" });
			expect(commandIn(asked())?.attrs.node).toBe("register-push-ntfy");
			const filled = filledIn(commandIn(asked()));
			expect(filled).toMatchObject({ token: [topic], "device-name": ["Phone"] });
			ids.add(filled["device-id"]?.[0]);
		}
		expect(ids.size).toBe(2);
	});

	test.each([
		"",
		"<command xmlns='http://jabber.org/protocol/commands'/>",
		form(field("jid", ADDRESS)),
		form(""),
	])("whose answer is none of Reveille's is refused: %s", async (inner) => {
		const { session } = await answered(inner);
		expect(await faultOf(session.registerBrowser(ADDRESS, BROWSER))).toMatchObject({
			kind: "reveille-refused",
		});
	});
});

describe("a list", () => {
	const item = (...fields: string[]) => `<item>${fields.join("")}</item>`;

	test("says of each what there is to say", async () => {
		const { session } = await answered(
			form(
				"<reported><field var='node'/></reported>" +
					item(
						field("device-name", "Kitchen"),
						field("node", "n1"),
						field("app", "webpush"),
						field("last-success", "2026-01-31T12:00:00.000Z"),
						field("last-error", "2026-02-01T12:00:00.000Z 429 too many &lt;requests&gt;"),
					) +
					item(
						field("device-name", ""),
						field("node", "n2"),
						field("app", "ntfy"),
						field("last-error", "nonsense"),
					) +
					item(field("device-name", "without a node")),
			),
		);
		expect(await session.list(ADDRESS)).toEqual([
			{
				node: "n1",
				name: "Kitchen",
				app: "webpush",
				lastSuccessAt: Date.UTC(2026, 0, 31, 12),
				lastErrorAt: Date.UTC(2026, 1, 1, 12),
				lastError: "429 too many <requests>",
			},
			{ node: "n2", name: "", app: "ntfy" },
		]);
	});

	test("is empty where there is none", async () => {
		const note = "<command xmlns='http://jabber.org/protocol/commands'><note>none</note></command>";
		expect(await (await answered(note)).session.list(ADDRESS)).toEqual([]);
	});
});

describe("a test by command", () => {
	test.each([
		["queued", "503", { result: "queued", reason: "503" }],
		["delivered", undefined, { result: "delivered" }],
	] as const)("that is %s", async (said, reason, expected) => {
		const { session, asked } = await answered(
			form(field("node", "n") + field("result", said) + (reason ? field("reason", reason) : "")),
		);
		expect(await session.test(ADDRESS, "n")).toEqual(expected);
		expect(filledIn(commandIn(asked()))).toEqual({ node: ["n"] });
	});

	test("whose result is unknown is refused", async () => {
		const { session } = await answered(form(field("result", "eaten")));
		expect(await faultOf(session.test(ADDRESS, "n"))).toMatchObject({ kind: "reveille-refused" });
	});
});

test("renaming and ending name the registration", async () => {
	const { session, asked } = await answered("");
	await session.rename(ADDRESS, "n", "Hall");
	expect(commandIn(asked())?.attrs.node).toBe("rename-push");
	expect(filledIn(commandIn(asked()))).toEqual({ node: ["n"], "device-name": ["Hall"] });
	await session.end(ADDRESS, "n");
	expect(commandIn(asked())?.attrs.node).toBe("unregister-push");
	expect(filledIn(commandIn(asked()))).toEqual({ nodes: ["n"] });
});

describe("Reveille's refusal", () => {
	const away: FaultReason = { kind: "reveille-away", address: ADDRESS };
	const refused = (reason: string): FaultReason => ({ kind: "reveille-refused", reason });

	test.each<[string, string, string | undefined, FaultReason]>([
		["auth", "forbidden", "Ask the operator.", { kind: "not-allowed", address: ADDRESS, domain }],
		["cancel", "remote-server-not-found", undefined, away],
		["wait", "remote-server-timeout", undefined, away],
		["cancel", "service-unavailable", undefined, away],
		["wait", "recipient-unavailable", undefined, away],
		["wait", "resource-constraint", "Wait 3 s.", { kind: "not-now", reason: "Wait 3 s." }],
		["wait", "internal-server-error", undefined, { kind: "not-now", reason: "internal-server-error" }],
		["cancel", "feature-not-implemented", "Not such devices.", refused("Not such devices.")],
		["modify", "bad-request", "x".repeat(1000), refused("x".repeat(webKitBounds.reason.is))],
		["cancel", "item-not-found", "There is no such command here.", refused("There is no such command here.")],
	])("%s/%s to a registration is told in its kind", async (type, condition, text, reason) => {
		const { session } = await refusing(type, condition, text);
		expect(await faultOf(session.registerBrowser(ADDRESS, BROWSER))).toEqual(reason);
	});

	test.each<[string, FaultReason]>([
		["missing", { kind: "invite-needed", address: ADDRESS, domain }],
		["used-up", { kind: "no-invite", reason: "In words." }],
		["too-often", { kind: "no-invite", reason: "In words." }],
	])("about an invite (%s) is told apart", async (why, reason) => {
		const { session } = await refusing(
			"auth",
			"forbidden",
			"In words.",
			`<invite xmlns="urn:reveille:0" why="${why}"/>`,
		);
		expect(await faultOf(session.registerBrowser(ADDRESS, BROWSER))).toEqual(reason);
	});

	test("that a registration is not there is its own kind, and no fault where it was to end", async () => {
		const { session } = await refusing("cancel", "item-not-found");
		const ended = { kind: "ended" } as const;
		expect(await faultOf(session.test(ADDRESS, "n"))).toEqual(ended);
		expect(await faultOf(session.rename(ADDRESS, "n", "x"))).toEqual(ended);
		expect(await faultOf(session.publishTest(REGISTERED, "x"))).toEqual(ended);
		await session.end(ADDRESS, "n");
	});

	test("without an error in it is one all the same", async () => {
		const { session } = await logIn((iq) => `<iq type='error' id='${iq.attrs.id}'/>`);
		expect(await faultOf(session.list(ADDRESS))).toEqual(refused("undefined-condition"));
	});

	test("is silence, which is borne longer after a test push", async () => {
		const soon = (bound: { is: number }) => (ms: number) =>
			ms === bound.is ? AbortSignal.timeout(20) : never();
		const { session } = await logIn(undefined, soon(webKitBounds.publishTime));
		expect(await faultOf(session.publishTest(REGISTERED, "x"))).toEqual(away);
		const { session: other } = await logIn(undefined, soon(webKitBounds.answerTime));
		expect(await faultOf(other.list(ADDRESS))).toEqual(away);
	});
});

describe("push at the server", () => {
	test("is enabled with the secret, and without where there is none, with the key, and disabled", async () => {
		const { session, asked } = await answered("");
		await session.enable(REGISTERED);
		const enable = () => asked()?.getChild("enable", "urn:xmpp:push:0");
		expect(asked()?.attrs.to).toBeUndefined();
		expect(enable()?.attrs).toMatchObject({ jid: ADDRESS, node: "a&b" });
		expect(filledIn(enable())).toEqual({
			FORM_TYPE: ["http://jabber.org/protocol/pubsub#publish-options"],
			secret: ["<s>"],
		});
		await session.enable({ jid: ADDRESS, node: "n" });
		expect(enable()?.children).toEqual([]);
		await session.enable(REGISTERED, "AAECAwQFBgcICQoLDA0ODw==");
		expect(filledIn(enable())).toMatchObject({ secret: ["<s>"] });
		const encrypt = enable()?.getChild("encrypt");
		expect(encrypt?.attrs).toEqual({ xmlns: "tigase:push:encrypt:0", alg: "aes-128-gcm" });
		expect(encrypt?.text()).toBe("AAECAwQFBgcICQoLDA0ODw==");
		await session.disable(ADDRESS, "n");
		expect(asked()?.getChild("disable", "urn:xmpp:push:0")?.attrs).toMatchObject({ jid: ADDRESS, node: "n" });
	});

	test.each<[string, string, FaultReason]>([
		["service-unavailable", "", { kind: "no-push", domain }],
		["feature-not-implemented", "", { kind: "no-push", domain }],
		["not-allowed", "Not you", { kind: "enable-refused", domain, reason: "Not you" }],
		["conflict", "", { kind: "enable-refused", domain, reason: "conflict" }],
	])("is refused with %s", async (condition, text, reason) => {
		const { session } = await refusing("cancel", condition, text);
		expect(await faultOf(session.enable(REGISTERED))).toEqual(reason);
		expect(await faultOf(session.disable(ADDRESS, "n"))).toEqual(reason);
	});

	test("that is not enabled need not be disabled", async () => {
		const { session } = await refusing("cancel", "item-not-found");
		await session.disable(ADDRESS, "n");
		expect(await faultOf(session.enable(REGISTERED))).toMatchObject({ kind: "enable-refused" });
	});

	test("that is not answered is as a stream that was lost", async () => {
		const soon = (ms: number) => (ms === webKitBounds.answerTime.is ? AbortSignal.abort() : never());
		let isReady = false;
		const { session } = await logIn(undefined, (ms) => (isReady ? soon(ms) : never()));
		isReady = true;
		expect(await faultOf(session.enable(REGISTERED))).toEqual({ kind: "disconnected", domain });
		expect(await faultOf(session.features())).toEqual({ kind: "disconnected", domain });
	});
});

test("a test is published as the server's publishes are", async () => {
	const { session, asked } = await answered("");
	await session.publishTest(REGISTERED, "12:00 & <all> is well");
	const pubsub = asked()?.getChild("pubsub", "http://jabber.org/protocol/pubsub");
	expect(asked()?.attrs).toMatchObject({ type: "set", to: ADDRESS });
	expect(pubsub?.getChild("publish")?.attrs.node).toBe("a&b");
	const notification = pubsub
		?.getChild("publish")
		?.getChild("item")
		?.getChild("notification", "urn:xmpp:push:0");
	expect(filledIn(notification)).toEqual({
		FORM_TYPE: ["urn:xmpp:push:summary"],
		"message-count": ["1"],
		"last-message-body": ["12:00 & <all> is well"],
	});
	expect(filledIn(pubsub?.getChild("publish-options"))).toMatchObject({ secret: ["<s>"] });
	await session.publishTest({ jid: ADDRESS, node: "n" }, "x");
	expect(asked()?.getChild("pubsub")?.getChild("publish-options")).toBeUndefined();
});

test("a round trip is measured by a question that Reveille answers", async () => {
	const { session, asked } = await answered(disco());
	expect(await session.roundTrip(ADDRESS)).toBe(40);
	expect(asked()?.attrs).toMatchObject({ type: "get", to: ADDRESS });
	expect(
		await faultOf((await refusing("cancel", "remote-server-not-found")).session.roundTrip(ADDRESS)),
	).toEqual({
		kind: "reveille-away",
		address: ADDRESS,
	});
});

describe("a stream", () => {
	const lost = { kind: "disconnected", domain } as const;

	test.each<[string, (server: ScriptedServer) => void]>([
		["is cut", (server) => server.cut()],
		["ends with an error", (server) => server.say(streamError("system-shutdown"))],
		[
			"is closed by the server",
			(server) => server.say("<close xmlns='urn:ietf:params:xml:ns:xmpp-framing'/>"),
		],
		["goes on with what is no XML", (server) => server.say("<a></b>")],
	])("that %s takes what was asked with it, and all that is asked later", async (_, end) => {
		const { session, server } = await logIn();
		const asked = faultOf(session.list(ADDRESS));
		end(server);
		expect(await asked).toEqual(lost);
		await session.closed;
		expect(await faultOf(session.enable(REGISTERED))).toEqual(lost);
		expect(await faultOf(session.list(ADDRESS))).toEqual(lost);
		await session.close();
	});

	test("whose server does not close it is closed without it", async () => {
		const server = startScriptedServer((element) => (element.getName() === "close" ? [] : undefined));
		servers.push(server);
		const kit = createKit({
			isHttp: true,
			timeout: (ms) => (ms === webKitBounds.closeTime.is ? AbortSignal.timeout(20) : never()),
		});
		const session = await kit.logIn({ jid: `romeo@${HOST}`, password: "sesame" }, [server.url]);
		await session.close();
		await session.close();
		await session.closed;
		await server.left();
	});

	test("goes on when something too long or meant for nobody came", async () => {
		const { session, server } = await logIn((iq) => result(iq, disco()));
		server.say(`<message><body>${"x".repeat(1024 * 1024)}</body></message>`);
		server.say("<message/>");
		server.say("<iq type='result' id='not asked'/>");
		server.say(`<iq type='error'>${errorElement("cancel", "conflict")}</iq>`);
		expect(await session.roundTrip(ADDRESS)).toBe(40);
	});

	test("answers the server's ping, says of other questions that it knows no answer, and strangers nothing", async () => {
		const { session, server } = await logIn((iq) =>
			iq.attrs.type === "get" ? result(iq, disco()) : undefined,
		);
		const ping = "<ping xmlns='urn:xmpp:ping'/>";
		server.say(`<iq type='get' id='1' from='stranger@example.net/r'>${ping}</iq>`);
		server.say(`<iq type='get' id='2' from='${HOST}'>${ping}</iq>`);
		server.say(`<iq type='set' id='3'><query xmlns='jabber:iq:roster'/></iq>`);
		await session.roundTrip(ADDRESS);
		const answers = server.heard.filter(({ attrs }) => attrs.type === "result" || attrs.type === "error");
		expect(answers.map(({ attrs: { type, id, to } }) => ({ type, id, to }))).toEqual([
			{ type: "result", id: "2", to: HOST },
			{ type: "error", id: "3", to: undefined },
		]);
	});
});
