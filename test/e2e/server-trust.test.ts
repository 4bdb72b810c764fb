/** An account at a server as people have it: a certificate that signs itself, found by its domain, and short of modules. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { shownFingerprint } from "../../src/connector/server/peer-certificate.ts";
import { type SelfSigned, selfSigned } from "../peers/certificates.ts";
import { startConnectProxy } from "../peers/connect-proxy.ts";
import { temporaryFolder } from "../peers/folder.ts";
import { type Reveille, type ReveilleOptions, startReveille } from "../peers/reveille.ts";
import { startWebPushServer } from "../peers/web-push-server.ts";
import { releaseOf, type XmppServer } from "../peers/xmpp-server.ts";
import { type ServerName, servers, startServer } from "./scene.ts";

const ADMIN_TOKEN = "the-operators-own-token-of-32-characters";

interface Ready {
	ready: boolean;
	xmpp?: string;
	notes?: string[];
	servers?: {
		address: string;
		service: string;
		push: boolean | null;
		resumption: boolean | null;
		longestStanza: number | null;
	}[];
}

const readyOf = async ({ url }: Reveille, token?: string) => {
	const headers = token === undefined ? {} : { Authorization: `Bearer ${token}` };
	return (await (await fetch(`${url}/ready`, { headers })).json()) as Ready;
};

const certificates = selfSigned({ host: "localhost" }, { host: "localhost" }, { host: "example.org" });
const [own, other, web] = certificates.made as [SelfSigned, SelfSigned, SelfSigned];
const folder = temporaryFolder("trust");
afterAll(() => {
	certificates.remove();
	folder.remove();
});

const ends: (() => unknown)[] = [];
afterEach(async () => {
	for (const end of ends.splice(0).reverse()) await end();
}, 60_000);

async function reveille(settings: NonNullable<ReveilleOptions["settings"]>): Promise<Reveille> {
	const started = await startReveille({ settings: { ADMIN_TOKEN, ...settings } });
	ends.push(() => started.stop());
	return started;
}

/** Until what was asked after the login is known. */
async function facts(started: Reveille) {
	await started.untilReady();
	await started.untilLogged("its server offers push");
	return readyOf(started, ADMIN_TOKEN);
}

describe.each(servers)("at %s whose certificate signs itself", (program) => {
	let server: XmppServer;
	beforeAll(async () => {
		server = await startServer(program, { components: [], certificate: own.path });
		await server.addUser("push", "secret");
	}, 90_000);
	afterAll(() => server?.stop(), 30_000);

	/** The address whole, as people write it. */
	const account = () => ({ XMPP_USERNAME: "push@example.org", XMPP_PASSWORD: "secret" });

	test("XMPP_CA as a PEM file is enough, and admins are told what the server offers", async () => {
		const XMPP_CA = join(folder.path, `${program}.pem`);
		writeFileSync(XMPP_CA, own.cert);
		const started = await reveille({ ...account(), XMPP_SERVICE: server.secureUrl, XMPP_CA });
		const { notes, servers: known } = await facts(started);
		expect(notes).toEqual([]);
		expect(known).toEqual([
			{
				address: "push@example.org/push",
				service: server.secureUrl,
				push: true,
				resumption: true,
				longestStanza: program === "prosody" && releaseOf(program) >= 13 ? 262_144 : null,
			},
		]);
		expect(await readyOf(started)).toEqual({ ready: true, database: "ok", xmpp: "ok" } as Ready);
	}, 60_000);

	test("XMPP_CA as its fingerprint is enough", async () => {
		const XMPP_CA = shownFingerprint(own.sha256);
		const started = await reveille({ ...account(), XMPP_SERVICE: server.secureUrl, XMPP_CA });
		await started.untilReady();
	}, 60_000);

	test("another fingerprint is not, and the log has the one that was shown", async () => {
		const XMPP_CA = `sha256:${other.sha256}`;
		const started = await reveille({ ...account(), XMPP_SERVICE: server.secureUrl, XMPP_CA });
		await started.untilLogged("shows another certificate than the one in XMPP_CA");
		expect(started.log()).toContain(shownFingerprint(own.sha256));
		const { ready, xmpp } = await readyOf(started);
		expect(ready).toBe(false);
		expect(xmpp).toContain("XMPP_SERVICE shows another certificate");
		expect(xmpp).not.toContain("wss://");
	}, 60_000);

	test("without XMPP_CA the log says what to set, and that works", async () => {
		const first = await reveille({ ...account(), XMPP_SERVICE: server.secureUrl });
		await first.untilLogged("is signed by nobody trusted here");
		const [XMPP_CA] = /sha256:[\dA-F:]{95}/.exec(first.log()) ?? [];
		const second = await reveille({ ...account(), XMPP_SERVICE: server.secureUrl, XMPP_CA });
		await second.untilReady();
	}, 60_000);

	test("a path where there is no WebSocket, and the port of XMPP clients, lead to the right one", async () => {
		const wrong = new URL("/elsewhere", server.secureUrl).href;
		const started = await reveille({ ...account(), XMPP_SERVICE: wrong, XMPP_CA: own.path });
		await started.untilLogged("check the path of XMPP_SERVICE");
		expect(started.log()).toContain(`once "websocket" is in its modules_enabled`);
		const c2s = await reveille({ ...account(), XMPP_SERVICE: `wss://localhost:${server.ports.c2s}/` });
		await c2s.untilLogged("check the port of XMPP_SERVICE");
	}, 60_000);

	test("without XMPP_SERVICE it is found by its domain, and its URL is for admins alone", async () => {
		const link = { rel: "urn:xmpp:alt-connections:websocket", href: server.secureUrl };
		const site = Bun.serve({
			port: 0,
			hostname: "127.0.0.1",
			tls: { key: web.key, cert: web.cert },
			fetch: ({ url }) =>
				new URL(url).pathname === "/.well-known/host-meta.json"
					? Response.json({ links: [link] })
					: new Response("no", { status: 404 }),
		});
		ends.push(() => site.stop(true));
		const proxy = await startConnectProxy({ "example.org:443": site.port ?? 0 });
		ends.push(() => proxy.stop());
		const started = await reveille({
			...account(),
			XMPP_CA: `${own.cert}${web.cert}`,
			HTTPS_PROXY: proxy.url,
			NO_PROXY: "localhost,127.0.0.1",
		});
		await started.untilReady();
		await started.untilLogged(`example.org names ${server.secureUrl} as its XMPP server`);
		expect(proxy.asked).toEqual(["example.org:443"]);
		expect((await facts(started)).servers?.[0]?.service).toBe(server.secureUrl);
	}, 60_000);

	test("without XMPP_SERVICE and a word of the domain the log says what to set", async () => {
		const proxy = await startConnectProxy({});
		ends.push(() => proxy.stop());
		const started = await reveille({ ...account(), HTTPS_PROXY: proxy.url });
		await started.untilLogged("example.org does not say where its XMPP server takes WebSocket connections");
		expect(started.log()).toContain("Set XMPP_SERVICE: with Prosody wss://example.org:5281/xmpp-websocket");
	}, 60_000);
});

/** A push service ten minutes ahead of us. @returns its origin */
async function earlyPushService(): Promise<string> {
	const service = createServer((request, response) => {
		request.resume();
		response.setHeader("Date", new Date(Date.now() + 600_000).toUTCString());
		response.writeHead(201).end();
	});
	await new Promise<void>((resolve) => service.listen(0, "127.0.0.1", resolve));
	ends.push(() => service.close());
	ends.push(() => service.closeAllConnections());
	return `http://localhost:${(service.address() as { port: number }).port}`;
}

test("a push service that the operator named is heard on what time it is, and one that a client chose is not", async () => {
	const server = await startServer("prosody");
	ends.push(() => server.stop());
	await server.addUser("push", "secret");
	const origin = await earlyPushService();
	const devices = startWebPushServer();
	ends.push(() => devices.stop());
	for (const named of [false, true]) {
		const started = await reveille({
			XMPP_SERVICE: server.websocketUrl,
			XMPP_USERNAME: "push@example.org",
			XMPP_PASSWORD: "secret",
			// Each has a database of its own: neither is to wait for the other's address.
			XMPP_RESOURCE: named ? "named" : "chosen",
			...(named && { WEBPUSH_ALLOW_HOSTS: "localhost" }),
		});
		await started.untilReady();
		const applicationServerKey = await started.vapidPublicKey();
		const { subscription } = devices.createSubscription({ applicationServerKey });
		const { node, deviceSecret } = await started.register({ ...subscription, endpoint: `${origin}/device` });
		const pushed = await started.api("POST", `/registrations/${node}/test`, deviceSecret);
		expect(pushed.status).toBe(200);
		const { notes } = await facts(started);
		if (named) expect(notes?.join()).toStartWith("localhost says that it is 10 minutes later");
		else expect(notes).toEqual([]);
	}
}, 60_000);

/** Without what the users' half of push needs. */
const BARE: Record<ServerName, Parameters<typeof startServer>[1]> = {
	prosody: { modulesDisabled: ["cloud_notify", "smacks"] },
	ejabberd: {
		modules: { mod_push: undefined, mod_push_keepalive: undefined, mod_stream_mgmt: undefined } as never,
	},
};
const CURES: Record<ServerName, string[]> = {
	prosody: [`write "cloud_notify" into modules_enabled`, `write "smacks" into modules_enabled`],
	ejabberd: ["write `mod_push: {}` below", "write `mod_stream_mgmt: {}` below"],
};

test.each(servers)(
	"what %s lacks is said in the log and to admins, with the line that mends it",
	async (program) => {
		const server = await startServer(program, BARE[program]);
		ends.push(() => server.stop());
		await server.addUser("push", "secret");
		const started = await reveille({
			XMPP_SERVICE: server.websocketUrl,
			XMPP_USERNAME: "push@example.org",
			XMPP_PASSWORD: "secret",
		});
		const { notes = [], servers: known } = await facts(started);
		expect(known?.[0]).toMatchObject({ push: false, resumption: false });
		expect(notes).toHaveLength(2);
		for (const [index, cure] of CURES[program].entries()) {
			expect(notes[index]).toContain(cure);
			expect(started.log()).toContain(cure);
		}
		expect(await readyOf(started)).not.toHaveProperty("notes");
	},
	90_000,
);

test("NODE_TLS_REJECT_UNAUTHORIZED=0 is the first thing that the log and admins are told", async () => {
	const started = await reveille({ NODE_TLS_REJECT_UNAUTHORIZED: "0" });
	expect(started.log()).toContain("NO CERTIFICATE IS CHECKED");
	expect((await readyOf(started, ADMIN_TOKEN)).notes?.[0]).toContain("NO CERTIFICATE IS CHECKED");
}, 60_000);
