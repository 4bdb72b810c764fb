/** An account at a server as people have it: a certificate that signs itself, found by its domain, and short of modules. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { shownFingerprint } from "../../src/connector/server/peer-certificate.ts";
import { type SelfSigned, selfSigned } from "../peers/certificates.ts";
import { startConnectProxy } from "../peers/connect-proxy.ts";
import { temporaryFolder } from "../peers/folder.ts";
import { type Reveille, type ReveilleOptions, startReveille } from "../peers/reveille.ts";
import { releaseOf, type XmppServer } from "../peers/xmpp-server.ts";
import { type ServerName, startServer } from "./scene.ts";

export const ADMIN_TOKEN = "the-operators-own-token-of-32-characters";

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

export const readyOf = async ({ url }: Reveille, token?: string) => {
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

export const ends: (() => unknown)[] = [];
afterEach(async () => {
	for (const end of ends.splice(0).reverse()) await end();
}, 60_000);

export async function reveille(settings: NonNullable<ReveilleOptions["settings"]>): Promise<Reveille> {
	const started = await startReveille({ settings: { ADMIN_TOKEN, ...settings } });
	ends.push(() => started.stop());
	return started;
}

/** Until what was asked after the login is known. */
export async function facts(started: Reveille) {
	await started.untilReady();
	await started.untilLogged("its server offers push");
	return readyOf(started, ADMIN_TOKEN);
}

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

/** Has the tests of one server run. */
export function testServerTrust(program: ServerName): void {
	describe(`at ${program} whose certificate signs itself`, () => {
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

	test(`what ${program} lacks is said in the log and to admins, with the line that mends it`, async () => {
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
	}, 90_000);
}
