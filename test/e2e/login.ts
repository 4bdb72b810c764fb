/** Logging in to real servers: by each mechanism that they may offer alone, and under names that are not ASCII. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import xml from "@xmpp/xml";
import { openAccountStream } from "../../src/connector/stream/account-stream.ts";
import { createStreamManagement } from "../../src/connector/stream/stream-management.ts";
import { startReveille } from "../peers/reveille.ts";
import { connectUser } from "../peers/user.ts";
import { startWebSocketProxy } from "../peers/websocket-proxy.ts";
import type { XmppServer, XmppServerOptions } from "../peers/xmpp-server.ts";
import { type ServerName, startServer } from "./scene.ts";

const HOST = "b\u00fccher.example";

/** A password that the server registers in another form: SASLprep makes `IX päss wort` of it. */
const UNPREPARED = "\u2168 p\u0061\u0308ss\u00a0wo\u00adrt";
/** ejabberd registers nothing that came after Unicode 3.2: no elephant there. */
const ELEPHANT: Record<ServerName, string> = {
	prosody: "p\u00e4ssw\u00f6rd\u2013\u{1f418}",
	ejabberd: "p\u00e4ssw\u00f6rd\u2013\u2603",
};
const USERS = (program: ServerName): [string, string][] => [
	["push", "secret"],
	["p\u00fcsh", ELEPHANT[program]],
	["\u03c0\u03c5\u03c3", UNPREPARED],
];

export const SCRAM = ["SCRAM-SHA-1", "SCRAM-SHA-256", "SCRAM-SHA-512"];

/** How a server keeps its passwords, what it is told not to offer, and what it offers then. */
export interface Way {
	program: ServerName;
	passwords: NonNullable<XmppServerOptions["passwords"]>;
	without: string[];
	offered: string;
}

/** @throws {StreamFailure} why it did not go well */
async function logIn(service: string, username: string, password: string): Promise<void> {
	const stream = await openAccountStream(
		{
			kind: "account",
			service,
			domain: HOST,
			username,
			password,
			resource: "push",
			address: `${username}@${HOST}/push`,
			allow: [],
		},
		{
			management: createStreamManagement(undefined, { save: async () => {}, send() {}, onFault() {} }),
			onStanza() {},
			onLife() {},
			onOpen() {},
			deadlineMs: 15_000,
			signal: new AbortController().signal,
		},
	);
	stream.drop();
	await stream.closed;
}

/** The mechanisms that a server offers for passwords: Prosody 13 always takes tokens too. */
async function offeredBy(server: XmppServer): Promise<string[]> {
	const socket = new WebSocket(server.websocketUrl, ["xmpp"]);
	const features = new Promise<string>((resolve) =>
		socket.addEventListener("message", ({ data }) => {
			if (String(data).includes("features")) resolve(String(data));
		}),
	);
	await new Promise((resolve) => socket.addEventListener("open", resolve));
	socket.send(`<open xmlns="urn:ietf:params:xml:ns:xmpp-framing" to="${server.host}" version="1.0"/>`);
	const offered = [...(await features).matchAll(/<mechanism>([^<]*)</g)].map(([, name]) => name ?? "");
	socket.close();
	return offered.filter((name) => name !== "OAUTHBEARER");
}

/** Has the tests of one way run. */
export function testLogin({ program, passwords, without, offered }: Way): void {
	describe(`at ${program} that keeps passwords as ${passwords} and does not offer ${JSON.stringify(without)}`, () => {
		let server: XmppServer;
		beforeAll(async () => {
			server = await startServer(program, {
				hosts: [HOST],
				components: [],
				passwords,
				withoutMechanisms: without,
			});
			for (const [name, password] of USERS(program)) await server.addUser(name, password);
		}, 60_000);
		afterAll(() => server?.stop(), 30_000);

		test(`nothing but ${offered} is offered`, async () => {
			expect(await offeredBy(server)).toEqual([offered]);
		});

		test.each(USERS(program))("%s logs in with %s", async (name, password) => {
			await logIn(server.websocketUrl, name, password);
		});

		test("a wrong password is refused, and the reason says what to look at", async () => {
			const failure = logIn(server.websocketUrl, "p\u00fcsh", "p\u00e4ssw\u00f6rd");
			await expect(failure).rejects.toMatchObject({
				kind: "credentials",
				message: `The server refused p\u00fcsh@${HOST}: XMPP_USERNAME or XMPP_PASSWORD is wrong, or there is no such account.`,
			});
		});
	});
}

const base64 = (text: string) => Buffer.from(text).toString("base64");
/** Another signature of the same length in the server's last word. */
const withFalseSignature = (message: string) =>
	message.replace(/(<success[^>]*>)([^<]+)</, (_, start: string, text: string) => {
		const signature = Buffer.from(text, "base64").toString();
		return `${start}${base64(signature.replace(/^v=(.)/, (_v, first) => `v=${first === "A" ? "B" : "A"}`))}<`;
	});

/** Has the tests of Reveille itself at one server run. */
export function testWholeProgram(program: ServerName): void {
	describe(`the whole program at ${program}`, () => {
		let server: XmppServer;
		beforeAll(async () => {
			server = await startServer(program, { hosts: [HOST], components: [], passwords: "SHA-1" });
			await server.addUser("p\u00fcsh", ELEPHANT[program]);
			await server.addUser("juliet", "secret");
		}, 60_000);
		afterAll(() => server?.stop(), 30_000);

		test("is there for users under a name and a domain that are not ASCII", async () => {
			// As a keyboard may write them: the letter, and its dots behind it.
			const reveille = await startReveille({ server, username: "Pu\u0308sh", password: ELEPHANT[program] });
			const juliet = await connectUser({
				service: server.websocketUrl,
				domain: HOST,
				username: "juliet",
				password: "secret",
			});
			try {
				const pong = await juliet.iq(
					"get",
					xml("ping", { xmlns: "urn:xmpp:ping" }),
					`p\u00fcsh@${HOST}/push`,
				);
				expect(pong.attrs).toMatchObject({ type: "result", from: `p\u00fcsh@${HOST}/push` });
			} finally {
				await juliet.goOffline();
				await reveille.stop();
			}
		});

		test("leaves a server that lies in its signature, says what that means, and tries again minutes later", async () => {
			const liar = startWebSocketProxy(server.websocketUrl, withFalseSignature);
			const reveille = await startReveille({
				settings: {
					XMPP_SERVICE: liar.url,
					XMPP_DOMAIN: HOST,
					XMPP_USERNAME: "p\u00fcsh",
					XMPP_PASSWORD: ELEPHANT[program],
				},
			});
			try {
				await reveille.untilLogged("did not prove that it knows the password");
				expect(reveille.log()).toContain(
					"Check that XMPP_SERVICE leads to your own server, over wss://. Next try in 300 s.",
				);
				expect(liar.sent.filter((message) => message.includes("<bind"))).toEqual([]);
				expect((await fetch(`${reveille.url}/ready`)).status).toBe(503);
				expect(reveille.log()).not.toContain(ELEPHANT[program]);
			} finally {
				await reveille.stop();
				liar.stop();
			}
		});

		test("goes through a server in between that only reads along", async () => {
			const proxy = startWebSocketProxy(server.websocketUrl, (message) => message);
			try {
				await logIn(proxy.url, "p\u00fcsh", ELEPHANT[program]);
				expect(proxy.sent.join()).not.toContain(base64(ELEPHANT[program]).slice(0, 12));
			} finally {
				proxy.stop();
			}
		});
	});
}
