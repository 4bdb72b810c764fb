/** What others send, and the log: hostile values through every door of a real process that logs all it can. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { type ComponentDouble, startComponentDouble, streamError } from "../connector/component-double.ts";
import { type Reveille, startReveille } from "../peers/reveille.ts";

/** Ends the line and forges another, colours the terminal, turns the text around, ends a JSON string; and is long. */
const EVIL =
	'"}\r\n2026-01-01T00:00:00.000Z [ERROR] reveille: forged\u2028forged\u2029\u0085\x1b[31m\x9b31m\u202eevil\u2066\u200b\\"';
const LONG = "l".repeat(20_000);

let double: ComponentDouble;
let reveille: Reveille;
let service: Bun.Server<undefined>;
beforeAll(async () => {
	double = await startComponentDouble();
	service = Bun.serve({
		hostname: "127.0.0.1",
		port: 0,
		fetch: (request) =>
			new Response(JSON.stringify({ errno: EVIL, reason: EVIL, error: EVIL, message: EVIL + LONG }), {
				status: Number(new URL(request.url).pathname.slice(1, 4)),
				headers: { "Retry-After": "1\u00852" },
			}),
	});
	reveille = await startReveille(
		{
			settings: {
				XMPP_SERVICE: double.service,
				XMPP_DOMAIN: "push.example.org",
				XMPP_PASSWORD: "the secret",
				LOG_LEVEL: "debug",
				PUSH_INTERVAL_MS: "0",
				ADMIN_TOKEN: "an-operators-own-token-of-forty-characters",
				TRUSTED_PROXIES: "127.0.0.1",
			},
		},
		"ready",
	);
}, 60_000);
afterAll(async () => {
	await reveille?.stop();
	double?.stop();
	await service?.stop(true);
}, 60_000);

const escaped = (text: string) =>
	// What XML cannot carry cannot come by XML.
	text.replaceAll("\x1b", "").replace(/[<>&"'\r\n]/g, (character) => `&#${character.charCodeAt(0)};`);

test("a line of the log stays one line that shows its own order, and no secret, token, node, JID or body is in it", async () => {
	const secrets: string[] = [
		"the secret",
		"an-operators-own-token-of-forty-characters",
		"a very secret body",
		"mallory@evil.example",
	];
	const { url } = reveille;
	const evil = encodeURIComponent(EVIL);
	const header = "evil \x9b31m [ERROR]";

	// HTTP: each part of a request.
	const json = (method: string, path: string, body: unknown, bearer = header) =>
		fetch(`${url}${path}`, {
			method,
			headers: {
				"Content-Type": "application/json",
				Authorization: `Bearer ${bearer}`,
				"X-Forwarded-For": header,
			},
			...(method === "GET" ? {} : { body: JSON.stringify(body) }),
		});
	await json("GET", `/${evil}`, undefined);
	await json("GET", `/metrics?${evil}`, undefined);
	await json("POST", "/api/v1/registrations", { [EVIL]: EVIL, app: EVIL, deviceName: EVIL, token: EVIL });
	for (const method of ["GET", "PUT", "DELETE"]) await json(method, `/api/v1/registrations/${evil}`, EVIL);
	await json("POST", `/unregister-device/${evil}`, { account: EVIL, provider: EVIL, "device-token": EVIL });
	for (const name of ["register", "unregister", "push"]) {
		await fetch(`${url}/push_appserver/v1/${name}`, {
			method: "POST",
			body: new URLSearchParams({ type: EVIL, node: EVIL, token: EVIL, secret: EVIL }),
		});
	}

	// Registrations whose push service answers with all that it has.
	const p256dh = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4";
	const auth = "BTBZMqHH6r4Tts7J_aSIgg";
	const publish = (node: string, secret: string, from: string, body: string, id: string) =>
		`<iq type="set" id="${id}" from="${escaped(from)}" to="push.example.org"><pubsub xmlns="http://jabber.org/protocol/pubsub">` +
		`<publish node="${escaped(node)}"><item><notification xmlns="urn:xmpp:push:0"><x xmlns="jabber:x:data" type="submit">` +
		`<field var="last-message-body"><value>${escaped(body)}</value></field>` +
		`<field var="last-message-sender"><value>${escaped(EVIL)}</value></field></x></notification></item></publish>` +
		`<publish-options><x xmlns="jabber:x:data" type="submit"><field var="secret"><value>${escaped(secret)}</value></field>` +
		`<field var="pushModule"><value>${escaped(EVIL)}</value></field></x></publish-options></pubsub></iq>`;
	for (const status of [201, 301, 400, 403, 404, 413, 429, 500]) {
		const endpoint = `http://127.0.0.1:${service.port}/${status}/secret-token-${status}`;
		const { node, secret, deviceSecret } = await reveille.register(
			{
				endpoint,
				expirationTime: null,
				keys: { p256dh, auth },
			},
			"no token is needed",
		);
		secrets.push(endpoint, `secret-token-${status}`, node, secret, deviceSecret);
		double.send(publish(node, secret, "mallory@evil.example", `a very secret body ${EVIL}`, `to-${status}`));
		await double.until(new RegExp(`id="to-${status}"`));
	}

	// XMPP: publishes, commands and questions, whatever they are called.
	double.send(publish(EVIL, EVIL, EVIL, EVIL, "evil"));
	double.send(publish(LONG, LONG, LONG, LONG, "long"));
	const commands = [
		"register-push-webpush",
		"unregister-push",
		"test-push",
		"rename-push",
		"v1-register-push",
	];
	for (const command of [...commands, EVIL]) {
		double.send(
			`<iq type="set" id="command" from="${escaped(`mallory@evil.example/${EVIL}`)}" to="push.example.org">` +
				`<command xmlns="http://jabber.org/protocol/commands" node="${escaped(command)}" action="execute"><x xmlns="jabber:x:data" type="submit">` +
				["token", "device-id", "device-name", "node", "type", EVIL]
					.map((name) => `<field var="${escaped(name)}"><value>${escaped(EVIL)}</value></field>`)
					.join("") +
				"</x></command></iq>",
		);
	}
	double.send(`<iq type="get" id="last" from="a"><ping xmlns="urn:xmpp:ping"/></iq>`);
	await double.until(/id="last"/);
	// And the server's own words, which are logged.
	double.send(streamError("undefined-condition", escaped(EVIL) + LONG));
	await reveille.untilLogged("undefined-condition");

	const log = reveille.log();
	const lines = log.trimEnd().split("\n");
	const own = lines.slice(lines.findIndex((line) => /^\S+Z \[/.test(line)));
	expect(own.length).toBeGreaterThan(5);
	for (const line of own) {
		expect(line).toMatch(/^\d{4}-\d\d-\d\dT\S+Z \[(DEBUG|INFO|WARNING|ERROR)\] reveille: /);
		expect(line).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
		expect(line.length).toBeLessThan(2_500);
	}
	expect(own.filter((line) => /Z \[ERROR\] reveille: forged/.test(line.slice(0, 60)))).toEqual([]);
	for (const secret of secrets) expect(log).not.toContain(secret);
	// The one push that was delivered: from a real publish to the line.
	expect(log).toMatch(
		/webpush: a push to [\w-]{8} of somebody over HTTP was delivered \d+ ms after its publish; its push service took \d+ ms\.\n/,
	);
	expect(log).toMatch(/webpush: a push was refused, to [\w-]{8} of somebody over HTTP: /);
});
