/** The reverse proxies of docs/proxies.md, by the lines that stand there, in front of a real Reveille. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import { request } from "node:https";
import { join } from "node:path";
import { page } from "../pages.ts";
import { type SelfSigned, selfSigned } from "../peers/certificates.ts";
import { type Child, startChild } from "../peers/child.ts";
import { temporaryFolder } from "../peers/folder.ts";
import { ensurePeers } from "../peers/install.ts";
import { systemPath } from "../peers/missing-peer.ts";
import { freePort } from "../peers/ports.ts";
import { type Reveille, startReveille } from "../peers/reveille.ts";
import { startWebPushServer, type WebPushServer } from "../peers/web-push-server.ts";

const HOST = "push.example.net";
const EVENTS = "/admin/api/events/live";
const PROXIES = ["nginx", "caddy"] as const;
type Name = (typeof PROXIES)[number];

const folder = temporaryFolder("proxies");
const { made, remove } = selfSigned({ host: HOST });
const certificate = made[0] as SelfSigned;
const started: Child[] = [];
let reveille: Reveille;
let endpoint: WebPushServer;
beforeAll(async () => {
	await ensurePeers(["nginx", "caddy"], console.log);
	endpoint = startWebPushServer();
	reveille = await startReveille({
		settings: {
			XMPP_ADDRESS: "push@example.net/push",
			PUBLIC_URL: `https://${HOST}`,
			MAX_REGISTRATIONS_PER_ADDRESS: "1",
		},
	});
}, 300_000);
afterAll(async () => {
	for (const child of started) await child.stop();
	await reveille?.stop();
	await endpoint?.stop();
	remove();
	folder.remove();
}, 60_000);

/** The lines of the page, for a port, a certificate and a Reveille of this test. */
function linesFor(name: Name, port: number, upstream: string): string {
	const [, section = ""] = page("docs/proxies.md").text.split(
		`### ${{ nginx: "nginx", caddy: "Caddy" }[name]}\n`,
	);
	const [, lines = ""] = /```\w*\n([\s\S]*?)```/.exec(section) ?? [];
	const changed = (text: string, from: string | RegExp, to: string) => {
		if (text.search(from) < 0) throw new Error(`The page has no ${from} for ${name}.`);
		return text.replace(from, to);
	};
	const served = changed(lines, /127\.0\.0\.1:5357/g, upstream);
	if (name === "caddy") {
		const site = changed(
			served,
			`${HOST} {`,
			`https://${HOST}:${port} {\n\tbind 127.0.0.1\n\ttls ${certificate.path} ${certificate.path}`,
		);
		return `{\n\tadmin off\n\tauto_https disable_redirects\n\tservers {\n\t\tprotocols h1 h2\n\t}\n}\n${site}`;
	}
	const secured = changed(
		changed(served, /ssl_certificate .*;/, `ssl_certificate ${certificate.path};`),
		/ssl_certificate_key .*;/,
		`ssl_certificate_key ${certificate.path};`,
	);
	const site = changed(secured, "listen 443 ssl;", `listen 127.0.0.1:${port} ssl;`);
	return `daemon off;\npid nginx.pid;\nevents {}\nhttp {\naccess_log off;\n${site}}\n`;
}

/** Starts one. @param upstream where its Reveille is, as host:port @returns its port */
async function startProxy(name: Name, upstream: string): Promise<number> {
	const port = await freePort();
	const own = join(folder.path, `${name}-${port}`);
	mkdirSync(own);
	const config = join(own, "config");
	writeFileSync(config, linesFor(name, port, upstream));
	const commands: Record<Name, string[]> = {
		nginx: ["nginx", "-p", own, "-e", "stderr", "-c", config],
		caddy: ["caddy", "run", "--config", config, "--adapter", "caddyfile"],
	};
	const child = startChild({
		command: commands[name],
		logPath: join(own, "log"),
		cwd: own,
		env: { PATH: systemPath(), HOME: own, XDG_DATA_HOME: own, XDG_CONFIG_HOME: own },
	});
	started.push(child);
	await child.ready(async () => (await ask(port, { path: "/health" })) !== undefined);
	return port;
}

interface Asked {
	path: string;
	method?: string;
	headers?: Record<string, string>;
	body?: string;
	/** The client's own address. */
	from?: string;
}

/** Asks the proxy, as a browser would. @returns the answer, its body not yet read */
function open(port: number, { path, method = "GET", headers = {}, body, from = "127.0.0.1" }: Asked) {
	return new Promise<IncomingMessage>((resolve, reject) => {
		const asked = request(
			{
				host: "127.0.0.1",
				port,
				path,
				method,
				servername: HOST,
				ca: certificate.cert,
				localAddress: from,
				headers: { Host: HOST, ...headers },
			},
			resolve,
		);
		asked.on("error", reject);
		asked.end(body);
	});
}

async function ask(port: number, asked: Asked): Promise<{ status: number; text: string }> {
	const answer = await open(port, asked);
	let text = "";
	for await (const chunk of answer) text += chunk;
	return { status: answer.statusCode ?? 0, text };
}

describe.each(PROXIES)("%s", (name) => {
	let port: number;
	beforeAll(async () => {
		port = await startProxy(name, new URL(reveille.url).host);
	}, 60_000);

	test("serves the web app over TLS", async () => {
		const { status, text } = await ask(port, { path: "/app/" });
		expect(status).toBe(200);
		expect(text).toContain("<!doctype html>");
	});

	test("lets Reveille see the real client, and no address that a client made up", async () => {
		// One registration an address.
		const key = await reveille.vapidPublicKey();
		const last = name === "nginx" ? 10 : 20;
		const register = async (from: string, headers: Record<string, string> = {}) => {
			const { subscription } = endpoint.createSubscription({ applicationServerKey: key });
			const { status } = await ask(port, {
				path: "/api/v1/registrations",
				method: "POST",
				from,
				headers: {
					"Content-Type": "application/json",
					Authorization: `Bearer ${reveille.registrationToken()}`,
					...headers,
				},
				body: JSON.stringify({ subscription }),
			});
			return status;
		};
		expect(await register(`127.0.1.${last}`)).toBe(201);
		expect(await register(`127.0.1.${last}`)).toBe(429);
		expect(await register(`127.0.1.${last}`, { "X-Forwarded-For": "192.0.2.7" })).toBe(429);
		expect(await register(`127.0.2.${last}`)).toBe(201);
	});

	test("lets no body above the limit through, and headers of 12 kB", async () => {
		const body = "x".repeat(300 * 1024);
		const { status } = await ask(port, { path: "/api/v1/registrations", method: "POST", body });
		// Caddy hands it on until it is too long, and Reveille refuses it by its length.
		expect({ nginx: [413], caddy: [413, 502] }[name]).toContain(status);
		const headers = { "X-Long": "y".repeat(12 * 1024) };
		expect(await ask(port, { path: "/health", headers })).toMatchObject({ status: 200 });
	});

	test("passes each event of a stream on at once", async () => {
		let send: (text: string) => void = () => {};
		// In Reveille's place: it says when it sends.
		const source = Bun.serve({
			port: 0,
			hostname: "127.0.0.1",
			idleTimeout: 0,
			fetch: (asked) =>
				new URL(asked.url).pathname !== EVENTS
					? new Response()
					: new Response(
							new ReadableStream({
								start(controller) {
									send = (text) => controller.enqueue(new TextEncoder().encode(text));
									send("data: hello\n\n");
								},
							}),
							{ headers: { "Content-Type": "text/event-stream" } },
						),
		});
		const streaming = await open(await startProxy(name, `127.0.0.1:${source.port}`), { path: EVENTS });
		const chunks = streaming[Symbol.asyncIterator]();
		expect(String((await chunks.next()).value)).toBe("data: hello\n\n");
		for (const event of ["data: one\n\n", "data: two\n\n"]) {
			send(event);
			expect(String((await chunks.next()).value)).toBe(event);
		}
		streaming.destroy();
		await source.stop(true);
	}, 30_000);
});
