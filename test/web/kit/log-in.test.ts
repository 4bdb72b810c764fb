/** Each way in which a login can fail, and what the person is told. */
import { afterEach, describe, expect, test } from "bun:test";
import { loginBounds } from "../../../src/limits/bounds/login.ts";
import { webKitBounds } from "../../../src/limits/bounds/web-kit.ts";
import { encodeBase64, utf8 } from "../../../src/sasl/base64.ts";
import { createKit } from "../../../src/web/kit/create-kit.ts";
import type { FaultReason } from "../../../src/web/kit/fault.ts";
import { faultOf } from "./faults.ts";
import {
	failure,
	features,
	HOST,
	mechanisms,
	OPEN,
	result,
	type Script,
	type ScriptedServer,
	sasl,
	startScriptedServer,
	streamError,
} from "./scripted-server.ts";

const ACCOUNT = { jid: `romeo@${HOST}`, password: "sesame" };
const domain = HOST;

const servers: ScriptedServer[] = [];
afterEach(() => {
	for (const server of servers.splice(0)) server.stop();
});
function start(script?: Script): ScriptedServer {
	const server = startScriptedServer(script);
	servers.push(server);
	return server;
}

const never = () => new AbortController().signal;
/** Only what is named passes in time. */
const soon =
	(bound: { is: number }) =>
	(ms: number): AbortSignal =>
		ms === bound.is ? AbortSignal.timeout(20) : never();
const kit = createKit({ isHttp: true, timeout: never });

/** Answers an element of this name in this way, and all else as a good server. */
const at =
	(name: string, ...said: string[]): Script =>
	(element) =>
		element.getName() === name ? said : undefined;

test("a login is one, and says nothing but what it must", async () => {
	const server = start();
	const session = await kit.logIn({ jid: `romeo@EXAMPLE.org/home`, password: "sesame" }, [server.url]);
	expect(session).toMatchObject({ account: `romeo@${HOST}`, domain: HOST });
	expect(server.heard.map((element) => element.getName())).toEqual(["open", "auth", "open", "iq"]);
	expect(server.heard[0]?.attrs.to).toBe(HOST);
	await session.close();
	await session.closed;
	expect(server.heard.at(-1)?.getName()).toBe("close");
});

const binding =
	(jid: string): Script =>
	(element) =>
		element.getChild("bind")
			? [result(element, `<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><jid>${jid}</jid></bind>`)]
			: undefined;

test("a server that binds an account of another domain is not believed", async () => {
	for (const jid of ["juliet@example.net/r1", `${HOST}@example.net/r1`, "example.net"]) {
		const fault = await faultOf(kit.logIn(ACCOUNT, [start(binding(jid)).url]));
		expect(fault).toEqual({ kind: "server-unproven", domain });
	}
	const session = await kit.logIn(ACCOUNT, [start(binding("Romeo@EXAMPLE.org/r1")).url]);
	expect(session.account).toBe("Romeo@EXAMPLE.org");
	session.close();
});

const SCRAM_SAID = (text: string) => sasl("challenge", encodeBase64(utf8(text)));

describe("a person is told that", () => {
	test.each<[string, Script, FaultReason]>([
		[
			"the password is wrong",
			at("auth", sasl("failure", "<not-authorized/>")),
			{ kind: "wrong-password", domain },
		],
		[
			"the server refuses for another reason, without the password in it",
			at("auth", sasl("failure", "<account-disabled/><text>sesame is over</text>")),
			{ kind: "login-refused", domain, reason: "account-disabled (… is over)" },
		],
		[
			"there is no safe way",
			at("open", OPEN, mechanisms("X-OWN", "DIGEST-MD5")),
			{ kind: "no-safe-login", domain },
		],
		["nothing is offered", at("open", OPEN, features("")), { kind: "no-safe-login", domain }],
		[
			"somebody answers in the server's place",
			(element) =>
				element.getName() === "open"
					? [OPEN, mechanisms("SCRAM-SHA-256", "PLAIN")]
					: [sasl("success", encodeBase64(utf8("v=AAAA")))],
			{ kind: "server-unproven", domain },
		],
		[
			"the server asks for what cannot be answered",
			(element) =>
				element.getName() === "open"
					? [OPEN, mechanisms("SCRAM-SHA-1")]
					: [SCRAM_SAID(`r=other,s=AAAA,i=${loginBounds.iterations.least}`)],
			{
				kind: "login-refused",
				domain,
				reason: "The server's challenge cannot be answered: its nonce is not made from ours.",
			},
		],
		[
			"the domain is not served",
			at("open", OPEN, streamError("host-unknown")),
			{ kind: "domain-unknown", domain },
		],
		["it is not served any more", at("open", streamError("host-gone")), { kind: "domain-unknown", domain }],
		[
			"the server does not want anybody",
			at("open", OPEN, streamError("policy-violation", "Too many")),
			{ kind: "login-refused", domain, reason: "Too many" },
		],
		[
			"it does not say why",
			at("open", OPEN, streamError("x".repeat(1000))),
			{ kind: "login-refused", domain, reason: "x".repeat(webKitBounds.reason.is) },
		],
		["what is there is no XMPP server", at("open", "<html></html>"), { kind: "disconnected", domain }],
		["what is there speaks no XML", at("open", "hello"), { kind: "disconnected", domain }],
		["it sends half an element", at("open", "<open xmlns='x'>"), { kind: "disconnected", domain }],
		["it sends a comment", at("open", OPEN, "<!-- x -->"), { kind: "disconnected", domain }],
		["it skips the login", at("open", OPEN, "<a/>"), { kind: "disconnected", domain }],
		["it speaks of other things", at("auth", "<message/>"), { kind: "disconnected", domain }],
		[
			"it gives no address",
			(element) => (element.getName() === "iq" ? [failure(element, "cancel", "conflict")] : undefined),
			{ kind: "login-refused", domain, reason: "conflict" },
		],
		[
			"it closes the stream",
			at("auth", "<close xmlns='urn:ietf:params:xml:ns:xmpp-framing'/>"),
			{ kind: "disconnected", domain },
		],
	])("%s", async (_, script, reason) => {
		const server = start(script);
		expect(await faultOf(kit.logIn(ACCOUNT, [server.url]))).toEqual(reason);
		expect(server.heard.map(String).join("")).not.toContain("presence");
	});

	test.each<[string, FaultReason]>([
		["@example.org", { kind: "wrong-password", domain }],
		["example.org", { kind: "wrong-password", domain }],
		["a b@example.org", { kind: "wrong-password", domain }],
		["romeo@", { kind: "domain-unknown", domain: "" }],
		["romeo@a@b", { kind: "domain-unknown", domain: "a@b" }],
	])("nobody is called %s", async (jid, reason) => {
		const server = start();
		expect(await faultOf(kit.logIn({ jid, password: "sesame" }, [server.url]))).toEqual(reason);
		expect(server.heard).toEqual([]);
	});

	test.each(["", "a\0b"])("no server has the password %p", async (password) => {
		const { url } = start();
		expect(await faultOf(kit.logIn({ ...ACCOUNT, password }, [url]))).toEqual({
			kind: "wrong-password",
			domain,
		});
	});

	test("the server is lost", async () => {
		const server = start((element) => {
			if (element.getName() !== "auth") return undefined;
			server.cut();
			return [];
		});
		expect(await faultOf(kit.logIn(ACCOUNT, [server.url]))).toEqual({ kind: "disconnected", domain });
	});

	test("it does not answer in time, and the connection is dropped", async () => {
		const server = start(at("auth"));
		const impatient = createKit({ isHttp: true, timeout: soon(webKitBounds.loginTime) });
		expect(await faultOf(impatient.logIn(ACCOUNT, [server.url]))).toEqual({ kind: "disconnected", domain });
		await server.left();
	});

	test("nothing can be reached: closed ports, what is no URL, and what this page may not use", async () => {
		const closed = start();
		closed.stop();
		const reach = (services: string[], some = kit) => faultOf(some.logIn(ACCOUNT, services));
		for (const service of [closed.url, "wss://", "https://example.org/", "nothing"]) {
			expect(await reach([service])).toEqual({ kind: "server-unreachable", service });
		}
		expect(await reach([])).toEqual({ kind: "server-unreachable", service: "" });
		const server = start();
		const onHttps = createKit({ timeout: never });
		expect(await reach([server.url], onHttps)).toEqual({ kind: "server-unreachable", service: server.url });
		expect(server.heard).toEqual([]);
	});
});

test("PLAIN is not said to a server on plain ws:// elsewhere", async () => {
	const server = start();
	const openWebSocket = () => new WebSocket(server.url, "xmpp");
	const elsewhere = createKit({ isHttp: true, timeout: never, openWebSocket });
	const reason = await faultOf(elsewhere.logIn(ACCOUNT, ["ws://example.org/ws"]));
	expect(reason).toEqual({ kind: "no-safe-login", domain });
	expect(server.heard.map((element) => element.getName())).toEqual(["open"]);
});

test("the next address is tried where one is silent or closed", async () => {
	const closed = start();
	closed.stop();
	const server = start();
	const silent = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
	const patient = createKit({ isHttp: true, timeout: soon(webKitBounds.connectTime) });
	const session = await patient.logIn(ACCOUNT, [closed.url, `ws://127.0.0.1:${silent.port}/`, server.url]);
	await session.close();
	silent.stop(true);
});

test("who ends the login hears what the signal says, and nothing stays open", async () => {
	const leaving = new AbortController();
	const server = start((element) => {
		if (element.getName() === "auth") leaving.abort(new Error("the person left"));
		return undefined;
	});
	const ended = kit.logIn(ACCOUNT, [server.url], leaving.signal);
	await expect(ended).rejects.toThrow("the person left");
	await server.left();
});
