/** Twenty set-ups that are broken on purpose, each in one way: `reveille doctor` names it, and says what to do. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { generateKeyPairSync } from "node:crypto";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { xml } from "@xmpp/client";
import { makeCertificates } from "../peers/apns-certificates.ts";
import { startApnsServer } from "../peers/apns-server.ts";
import { selfSigned } from "../peers/certificates.ts";
import { startFcmServer } from "../peers/fcm-server.ts";
import { temporaryFolder } from "../peers/folder.ts";
import { freePort } from "../peers/ports.ts";
import { familyOf, signal } from "../peers/process-table.ts";
import { type ProsodyOptions, startProsody } from "../peers/prosody.ts";
import { startReveille } from "../peers/reveille.ts";
import { mountSmallDisk } from "../peers/small-disk.ts";
import { startSqld } from "../peers/sqld.ts";
import { connectUser } from "../peers/user.ts";
import type { XmppServer } from "../peers/xmpp-server.ts";
import { type Said, type Settings, settingsOf, typed, WELL } from "./doctor.ts";

const PATIENCE_MS = 120_000;

const DISCO = "http://jabber.org/protocol/disco#info";

const folder = temporaryFolder("doctor-broken");
const ends: (() => unknown)[] = [];
/** What was said of each fault, for the table. */
const table: [fault: string, said: string][] = [];
let server: XmppServer;

beforeAll(async () => {
	server = await prosody({});
}, PATIENCE_MS);

afterAll(async () => {
	for (const end of ends.splice(0).reverse()) await end();
	folder.remove();
	for (const [fault, said] of table) console.log(`| ${fault} | ${said} |`);
}, PATIENCE_MS);

async function prosody(options: ProsodyOptions): Promise<XmppServer> {
	const started = await startProsody(options);
	ends.push(() => started.stop());
	await started.addUsers(["push"], "secret");
	return started;
}

/** Of an account at a server, with a folder that nothing ran with yet. */
function account(at: XmppServer, more: Settings = {}): Settings {
	return {
		DATA_DIR: join(folder.path, crypto.randomUUID()),
		XMPP_SERVICE: at.websocketUrl,
		XMPP_DOMAIN: at.host,
		XMPP_USERNAME: "push",
		XMPP_PASSWORD: "secret",
		...WELL,
		...more,
	};
}

/** Without XMPP. */
const alone = (more: Settings): Settings => ({
	DATA_DIR: join(folder.path, crypto.randomUUID()),
	...WELL,
	...more,
});

async function reveille(...given: Parameters<typeof startReveille>) {
	const started = await startReveille(...given);
	ends.push(() => started.stop());
	return started;
}

/** Types `doctor`, and finds the line with these words among those of a state. */
async function named(
	fault: string,
	settings: Settings,
	words: readonly string[],
	{ state = "bad", more = ["--no-loop"] }: { state?: "bad" | "warn"; more?: string[] } = {},
): Promise<Said> {
	const said = await typed(["doctor", ...more], settings);
	const lines = said.lines(state);
	const line = lines.find((each) => words.every((word) => each.includes(word)));
	table.push([fault, line ?? `NOT NAMED: ${lines.join(" // ")}`]);
	expect(lines.map((each) => words.filter((word) => each.includes(word)).length)).toContain(words.length);
	// Something else may be bad: without XMPP nobody is woken.
	expect(said.code).toBe(said.lines("bad").length > 0 ? 1 : 0);
	expect(said.ms).toBeLessThan(60_000);
	return said;
}

/** A service that speaks HTTP, on loopback. */
function web(fetch: (request: Request) => Response | Promise<Response>): string {
	const started = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch });
	ends.push(() => started.stop(true));
	return `http://127.0.0.1:${started.port}`;
}

describe("the XMPP server", () => {
	test(
		"a wrong password",
		async () => {
			const settings = account(server, { XMPP_PASSWORD: "wrong" });
			const said = await named("wrong password", settings, ["refused push@example.org", "XMPP_PASSWORD"]);
			expect(JSON.stringify(said.findings)).not.toContain('"wrong"');
		},
		PATIENCE_MS,
	);

	test(
		"no resumption, and no push",
		async () => {
			const bare = await prosody({ modulesDisabled: ["cloud_notify", "smacks"] });
			await named("no resumption", account(bare), ["does not resume streams", 'write "smacks"']);
			await named("no push at the server", account(bare), ["does not offer push", 'write "cloud_notify"']);
		},
		PATIENCE_MS,
	);

	test(
		"a stock rate limit",
		async () => {
			const stock = await prosody({ limits: "stock" });
			const words = ["Rate limit", "kB a second", "unlimited_jids"];
			await named("stock rate limit", account(stock), words, { state: "warn" });
		},
		PATIENCE_MS,
	);

	test(
		"an expired certificate",
		async () => {
			const { made, remove } = selfSigned({
				host: "localhost",
				from: "20240101000000Z",
				until: "20250101000000Z",
			});
			ends.push(remove);
			const at = await prosody({ certificate: made[0]?.path ?? "" });
			await named("expired certificate", account(at, { XMPP_SERVICE: at.secureUrl }), [
				"expired on 2025-01-01",
				"renew it",
			]);
		},
		PATIENCE_MS,
	);

	test(
		"a certificate of a private authority",
		async () => {
			const { server: own } = await makeCertificates("net.example.app");
			const path = join(folder.path, "private.pem");
			writeFileSync(path, `${own.cert}${own.key}`);
			const at = await prosody({ certificate: path });
			await named("private CA", account(at, { XMPP_SERVICE: at.secureUrl }), [
				"signed by nobody trusted here",
				"set XMPP_CA",
			]);
		},
		PATIENCE_MS,
	);

	test(
		"a certificate of another name",
		async () => {
			const { made, remove } = selfSigned({ host: "other.example" });
			ends.push(remove);
			const [own] = made;
			const ca = join(folder.path, "other.pem");
			writeFileSync(ca, own?.cert ?? "");
			const at = await prosody({ certificate: own?.path ?? "" });
			const settings = account(at, { XMPP_SERVICE: at.secureUrl, XMPP_CA: ca });
			await named("certificate of another name", settings, ["other.example", "not for localhost"]);
		},
		PATIENCE_MS,
	);

	test(
		"an address that is taken, by a Reveille of another database and by a client",
		async () => {
			const other = await reveille({ server });
			const words = ["Address", "taken", "Reveille of another database", "XMPP_RESOURCE"];
			await named("address taken (Reveille)", account(server), words);
			await other.stop();
			const phone = await connectUser({
				service: server.websocketUrl,
				domain: server.host,
				username: "push",
				password: "secret",
				resource: "phone",
			});
			phone.client.iqCallee.get(DISCO, "query", () => xml("query", { xmlns: DISCO }));
			const settings = account(server, { XMPP_RESOURCE: "phone" });
			const client = ["Address", "taken by another session", "XMPP_RESOURCE"];
			await named("address taken (client)", settings, client);
			await phone.goOffline();
		},
		PATIENCE_MS,
	);
});

describe("push services", () => {
	test(
		"an APNs key of another team",
		async () => {
			const apple = await startApnsServer();
			ends.push(() => apple.stop());
			const { key } = apple.createKey("TEAM123456", "KEY1234567");
			const ca = join(folder.path, "apple.pem");
			writeFileSync(ca, apple.ca);
			const settings = {
				NODE_EXTRA_CA_CERTS: ca,
				APNS_KEY: key.replaceAll("\n", "\\n"),
				APNS_KEY_ID: "KEY1234567",
				APNS_TEAM_ID: "OTHER12345",
				APNS_TOPIC: "net.example.app",
				APNS_URL: apple.url,
			};
			const said = await named("APNs key of another team", alone(settings), [
				"App apns",
				"InvalidProviderToken",
			]);
			expect(JSON.stringify(said.findings)).not.toContain(key.split("\n")[1] ?? "-");
			const right = await typed(["check"], alone({ ...settings, APNS_TEAM_ID: "TEAM123456" }));
			expect(right.lines("ok").join()).toContain("takes our credentials");
		},
		PATIENCE_MS,
	);

	test(
		"a certificate whose key has a passphrase",
		async () => {
			const { client } = await makeCertificates("net.example.app");
			const { privateKey } = generateKeyPairSync("ec", {
				namedCurve: "P-256",
				privateKeyEncoding: {
					type: "pkcs8",
					format: "pem",
					cipher: "aes-256-cbc",
					passphrase: "hidden-word",
				},
				publicKeyEncoding: { type: "spki", format: "pem" },
			});
			const settings = alone({
				APNS_CERT: client.cert.replaceAll("\n", "\\n"),
				APNS_CERT_KEY: privateKey.replaceAll("\n", "\\n"),
				APNS_TOPIC: "net.example.app",
				APNS_URL: "https://localhost:1",
			});
			await named("certificate with a passphrase", settings, ["passphrase", "openssl pkey"]);
		},
		PATIENCE_MS,
	);

	test(
		"a clock that is not Google's",
		async () => {
			const google = startFcmServer();
			ends.push(() => google.stop());
			// As Google answers an assertion that is signed in another time.
			google.respondToTokenRequestsWith(
				() =>
					new Response(JSON.stringify({ error: "invalid_grant" }), {
						status: 400,
						headers: { Date: new Date(Date.now() + 3_600_000).toUTCString() },
					}),
			);
			const settings = alone({ FCM_SERVICE_ACCOUNT: google.serviceAccount, FCM_URL: google.url });
			const said = await named("FCM clock skew", settings, ["Clock", "60 minutes later", "timedatectl"]);
			expect(said.lines("bad").join()).toContain("This machine's clock is wrong");
		},
		PATIENCE_MS,
	);

	test(
		"a port of a provider that is closed",
		async () => {
			const google = startFcmServer();
			ends.push(() => google.stop());
			const closed = `http://127.0.0.1:${await freePort()}`;
			const serviceAccount = JSON.stringify({
				...JSON.parse(google.serviceAccount),
				token_uri: `${closed}/token`,
			});
			const settings = alone({ FCM_SERVICE_ACCOUNT: serviceAccount, FCM_URL: closed });
			await named("closed port of a provider", settings, ["App fcm", "ECONNREFUSED", "curl -v"]);
		},
		PATIENCE_MS,
	);

	test(
		"a VAPID subject at localhost",
		async () => {
			const settings = alone({ VAPID_SUBJECT: "mailto:me@localhost" });
			await named("VAPID subject at localhost", settings, [
				"VAPID_SUBJECT",
				"not on the internet",
				"mailto:",
			]);
		},
		PATIENCE_MS,
	);
});

describe("the machine", () => {
	test(
		"a misspelt setting",
		async () => {
			const settings = alone({ XMPP_PASWORD: "x" });
			await named("misspelt setting", settings, ["XMPP_PASWORD", "rename XMPP_PASWORD to XMPP_PASSWORD"]);
		},
		PATIENCE_MS,
	);

	test(
		"a PUBLIC_URL that leads elsewhere",
		async () => {
			const started = await reveille();
			const elsewhere = web(() => new Response("It works!"));
			const settings = settingsOf(started, undefined, { PUBLIC_URL: elsewhere });
			await named("PUBLIC_URL elsewhere", settings, ["PUBLIC_URL", "leads elsewhere", "HOST and PORT"]);
		},
		PATIENCE_MS,
	);

	test(
		"a proxy without X-Forwarded-For",
		async () => {
			const started = await reveille();
			const proxy = web((request) => {
				const { pathname } = new URL(request.url);
				return fetch(`${started.url}${pathname}`, { headers: request.headers });
			});
			const settings = settingsOf(started, undefined, { PUBLIC_URL: proxy });
			const words = ["Reverse proxy", "no X-Forwarded-For", "proxy_set_header"];
			const said = await named("proxy without X-Forwarded-For", settings, words);
			expect(said.lines("ok").join()).toContain("leads to this Reveille");
		},
		PATIENCE_MS,
	);

	test(
		"a full disk, and one that may only be read",
		async () => {
			const disk = mountSmallDisk();
			ends.push(disk.remove);
			const settings = { DATA_DIR: join(disk.path, "data") };
			const started = await reveille({ settings });
			await started.halt();
			disk.fillUp();
			await named("full disk", settingsOf(started, undefined), ["Disk of", "full", "make room"]);
			disk.makeRoom();
			expect(Bun.spawnSync(["mount", "-o", "remount,ro", disk.path]).exitCode).toBe(0);
			const words = ["Read-only", "may only be read", "remount,rw"];
			await named("read-only data", settingsOf(started, undefined), words);
		},
		PATIENCE_MS,
	);

	test(
		"a SECRET_KEY of another database",
		async () => {
			const started = await reveille();
			await started.halt();
			const settings = settingsOf(started, undefined, { SECRET_KEY: "k".repeat(40) });
			const said = await named("wrong SECRET_KEY", settings, ["SECRET_KEY", "not the key", "SECRET_KEY_OLD"]);
			expect(JSON.stringify(said.findings)).not.toContain("kkkk");
		},
		PATIENCE_MS,
	);

	test(
		"a replica that is far behind",
		async () => {
			const primary = await startSqld();
			ends.push(() => primary.stop());
			const settings = { DATABASE_SYNC_URL: primary.httpUrl };
			const started = await reveille({ settings });
			expect(existsSync(join(started.dataFolder, "replica.db"))).toBe(true);
			const syncing = familyOf(started.pid()).filter(({ pid }) => pid !== started.pid());
			expect(syncing).toHaveLength(1);
			for (const entry of syncing) signal(entry, "SIGSTOP");
			await Bun.sleep(11_500);
			const words = ["Replica", "behind the primary"];
			await named("replica far behind", settingsOf(started, undefined, settings), words);
			for (const entry of syncing) signal(entry, "SIGCONT");
		},
		PATIENCE_MS,
	);
});
