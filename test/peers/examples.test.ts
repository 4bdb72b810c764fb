/** What examples/ tells operators to set does what its comments say, on the real servers. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { xml } from "@xmpp/client";
import { type Component, connectComponent } from "./component.ts";
import { startEjabberd } from "./ejabberd.ts";
import { freePorts } from "./ports.ts";
import { startProsody } from "./prosody.ts";
import { connectUser, type User } from "./user.ts";
import type { XmppServer, XmppServerOptions } from "./xmpp-server.ts";

const programs: [name: string, start: (options: XmppServerOptions) => Promise<XmppServer>][] = [
	["Prosody", startProsody],
	["ejabberd", startEjabberd],
];

/** What ejabberd says of settings that are the operator's choice, and of the tests' own way to make accounts. */
const EXPECTED = [
	/Mnesia backend for mod_mam is not recommended/,
	/The option captcha_cmd is not configured/,
	/Using module mod_http_api for host 127\.0\.0\.1/,
];

describe.each(programs)("the example for %s", (_, start) => {
	let server: XmppServer;
	beforeAll(async () => {
		// With all that the example has: a neighbour's port too, where nobody comes.
		const [port = 0, ownPort = 0] = await freePorts(2);
		const neighbour = { port, domains: [], ownPort };
		server = await start({ asExample: true, pubsub: true, neighbour });
		await server.addUsers(["push", "romeo", "juliet"], "secret");
	}, 60_000);
	afterAll(() => server?.stop(), 60_000);

	test("has no setting that the server warns of or does not know", () => {
		const log = readFileSync(server.logPath, "utf8");
		// ejabberd's and Prosody's ways to say so.
		expect(log).not.toMatch(/is renamed to|is deprecated|Unknown option|no longer|unknown setting/i);
		expect(log).not.toMatch(/config\s+(warn|error)/);
		const warnings = log
			.split("\n")
			.filter((line) => /\[(warning|error|critical)\]|\t(warn|error)\t/.test(line));
		expect(warnings.filter((line) => !EXPECTED.some((one) => one.test(line)))).toEqual([]);
	});

	const login = (username: string) =>
		connectUser({
			service: server.websocketUrl,
			domain: server.host,
			username,
			password: "secret",
		});

	test("lets the component in, which gets publishes and whose answers count", async () => {
		const [account] = server.components;
		if (!account) throw new Error("no component");
		const component: Component = await connectComponent(server, account);
		const published = Promise.withResolvers<string>();
		component.onStanza((stanza) => {
			const { id, from: to, to: from } = stanza.attrs;
			if (stanza.getChild("pubsub")) published.resolve(stanza.toString());
			const gone = xml("item-not-found", { xmlns: "urn:ietf:params:xml:ns:xmpp-stanzas" });
			return xml("iq", { type: "error", id, from, to }, xml("error", { type: "cancel" }, gone));
		});
		const [juliet, romeo] = await Promise.all([login("juliet"), login("romeo")]);
		await romeo.enablePush({ jid: account.domain, node: "node-1", secret: "s3cret" });
		await romeo.goOffline();
		await juliet.sendMessage(romeo.bareJid, "Wake up!");
		expect(await published.promise).toContain("s3cret");
		if (server.program === "ejabberd") await server.untilPushEnabled("romeo", ({ length }) => length === 0);
		await juliet.goOffline();
		await component.close();
	}, 30_000);

	test("limits other accounts, and not Reveille's", async () => {
		const timeToSend = async (user: User) => {
			const startedAt = performance.now();
			for (let sent = 0; sent < 30; sent++) await user.sendMessage(juliet.jid, "x".repeat(1_000));
			// The server takes stanzas in order: it has read them all when one comes back that was sent last.
			const id = await user.sendMessage(user.jid, "the last");
			await user.waitForStanza((stanza) => stanza.attrs.id === id, 60_000);
			await user.goOffline();
			return performance.now() - startedAt;
		};
		const juliet = await login("juliet");
		const [push, romeo] = await Promise.all([login("push"), login("romeo")]);
		const exempt = await timeToSend(push);
		const limited = await timeToSend(romeo);
		expect(limited / exempt).toBeGreaterThan(3);
		await juliet.goOffline();
	}, 60_000);

	test("keeps Reveille's session for an hour, with more stanzas than Prosody's own 500", async () => {
		const push = await login("push");
		expect(Number(push.client.streamManagement.max)).toBe(3600);
		await push.cutConnection();

		// Both writers are held to the limit, so that Reveille's account, which is not, writes to itself.
		const writer = await login("push");
		for (let sent = 0; sent < 600; sent++) await writer.sendMessage(push.jid, `message ${sent}`);
		await writer.iq("get", xml("ping", { xmlns: "urn:xmpp:ping" }));
		const answered = new Promise<string>((resolve) => {
			push.client.on("element", ({ name, attrs }) => {
				if (attrs.xmlns === "urn:xmpp:sm:3" && name !== "r" && name !== "a") resolve(name);
			});
		});
		await push.client.reconnect.reconnect();
		expect(await answered).toBe("resumed");
		await push.waitForStanza((stanza) => stanza.getChildText("body") === "message 599", 20_000);
		await Promise.all([writer, push].map((user) => user.goOffline()));
	}, 60_000);
});
