/** Settings, files, disks, clocks and the replica, each with what the system would say passed in. */
import { describe, expect, test } from "bun:test";
import { clockFindings, countingSources } from "../../../../src/bun/commands/doctor/clock.ts";
import { lookAtDisk } from "../../../../src/bun/commands/doctor/disk.ts";
import { type FileEffects, lookAtFiles } from "../../../../src/bun/commands/doctor/files.ts";
import type { Finding } from "../../../../src/bun/commands/doctor/finding.ts";
import { lookAtReplica } from "../../../../src/bun/commands/doctor/replica.ts";
import { lookAtSettings } from "../../../../src/bun/commands/doctor/settings.ts";
import { parseConfig } from "../../../../src/config/config.ts";
import { createClockWatch } from "../../../../src/connector/checks/clock.ts";

const lines = (findings: readonly Finding[]) =>
	findings.map(({ state, what, text, do: todo }) => `${state} ${what}: ${text} > ${todo ?? ""}`);
const none = { kind: "none" } as const;
const quiet = { info() {}, warn() {} } as never;

describe("settings", () => {
	const look = (env: Record<string, string>) => lines(lookAtSettings({ env, config: parseConfig(env) }));

	test("that are misspelt are named, with the one that was meant", () => {
		expect(look({ XMPP_PASWORD: "x" })).toContain(
			"bad XMPP_PASWORD: XMPP_PASWORD is not a setting of Reveille, and is ignored. Was XMPP_PASSWORD meant? > rename XMPP_PASWORD to XMPP_PASSWORD",
		);
		expect(look({ DATABASE_POOL_OF_ANOTHER: "x" }).join()).toContain("warn DATABASE_POOL_OF_ANOTHER");
	});

	test("whose contact nobody reaches are bad, as Apple refuses it", () => {
		expect(look({ VAPID_SUBJECT: "mailto:me@localhost" }).join()).toContain("bad VAPID_SUBJECT");
		expect(look({}).join()).toContain("warn VAPID_SUBJECT");
		expect(look({ VAPID_SUBJECT: "mailto:me@example.net" }).join()).not.toContain("VAPID_SUBJECT:");
	});

	test("say whether registrations get a URL for Push 2.0, and whose messages are relayed", () => {
		const account = {
			XMPP_SERVICE: "wss://example.net/ws",
			XMPP_USERNAME: "push@example.net",
			XMPP_PASSWORD: "x",
		};
		const PUBLIC_URL = "https://push.example.net";
		expect(look(account).join()).toContain("unknown Push 2.0: PUBLIC_URL is not set");
		const off = look({ ...account, PUBLIC_URL }).join();
		expect(off).toContain(
			"ok Push 2.0: registrations get a URL for it. Nothing is relayed: PUSH2_RELAY=true",
		);
		expect(off).not.toContain("PUSH2_RELAY:");
		const on = { ...account, PUBLIC_URL, PUSH2_RELAY: "true" };
		expect(look(on).join()).toContain("ok PUSH2_RELAY: it relays for example.net.");
		expect(look({ ...on, XMPP_ALLOW: "*" }).join()).toContain("warn PUSH2_RELAY: it relays for everybody");
	});

	test("that let no certificate be checked, or anybody read, are told", () => {
		const env = {
			NODE_TLS_REJECT_UNAUTHORIZED: "0",
			XMPP_SERVICE: "ws://xmpp.example.net/ws",
			XMPP_USERNAME: "push@example.net",
			XMPP_PASSWORD: "secret",
		};
		const said = look(env).join();
		expect(said).toContain("bad NODE_TLS_REJECT_UNAUTHORIZED");
		expect(said).toContain("warn Encryption: push@example.net/push");
		expect(said).not.toContain("secret");
	});
});

describe("files", () => {
	const disk = (
		modes: Record<string, number>,
		{ owner = 1000, error = "" }: { owner?: number; error?: string } = {},
	): FileEffects => ({
		stat: (path) => (path in modes ? { mode: modes[path] ?? 0, uid: owner } : undefined),
		list: () =>
			Object.keys(modes)
				.filter((path) => path.startsWith("d/"))
				.map((path) => path.slice(2)),
		mayWrite(path) {
			if (error && path.endsWith(".db")) throw Object.assign(new Error(error), { code: error });
		},
		uid: () => 1000,
	});
	const look = (effects: FileEffects, env: Record<string, string> = {}) => {
		const config = parseConfig({ DATA_DIR: "d" });
		return lines(lookAtFiles({ env, config }, effects));
	};

	test("of this user alone are well", () => {
		expect(look(disk({ d: 0o700, "d/secret.key": 0o600 }))).toEqual([
			"ok DATA_DIR: d is its user's alone, and can be written. > ",
		]);
	});

	test("that are not there yet were not looked at", () => {
		expect(look(disk({})).join()).toContain("unknown DATA_DIR");
	});

	test("that others may read are told: keys are refused at the start, databases are not", () => {
		const said = look(disk({ d: 0o755, "d/secret.key": 0o640, "d/reveille.db": 0o644 })).join("\n");
		expect(said).toContain("warn DATA_DIR");
		expect(said).toContain("chmod 700 d");
		expect(said).toContain("bad File mode: d/secret.key");
		expect(said).toContain("warn File mode: d/reveille.db");
	});

	test("of another user are told, with the line that runs it as that one", () => {
		expect(look(disk({ d: 0o700 }, { owner: 33 })).join()).toContain("sudo -u");
	});

	test.each([
		["EROFS", "remount,rw"],
		["EACCES", "chown"],
	])("that may not be written (%s) are bad", (error, todo) => {
		const said = look(disk({ d: 0o700, "d/reveille.db": 0o600 }, { error })).join();
		expect(said).toContain("bad Read-only: ");
		expect(said).toContain(todo);
	});

	test("of keys that the environment names are looked at too, and certificates are for everybody", () => {
		const effects = disk({ d: 0o700, "/k.p8": 0o644, "/c.pem": 0o644 });
		const said = look(effects, { APNS_KEY: "/k.p8", APNS_CERT: "/c.pem" }).join();
		expect(said).toContain("chmod 640 /k.p8");
		expect(said).not.toContain("/c.pem");
	});
});

describe("a disk", () => {
	const look = async (bavail: number, blocks: number) => {
		const config = parseConfig({ DATA_DIR: "/tmp" });
		return lines(await lookAtDisk({ config }, async () => ({ bsize: 4096, blocks, bavail }))).join();
	};

	test.each([
		[0, 1e6, "bad Disk of /tmp: it is full"],
		[20_000, 1e6, "bad Disk of /tmp: 78 MiB are free: it is nearly full"],
		[900_000, 1e8, "warn Disk of /tmp"],
		[5e6, 1e7, "ok Disk of /tmp: 19 GiB are free."],
	])("with %d of %d blocks free is %s", async (bavail, blocks, said) => {
		expect(await look(bavail, blocks)).toContain(said);
	});
});

describe("the clock", () => {
	const NOW = Date.UTC(2026, 0, 1);
	const clocks = () => countingSources(createClockWatch({ log: quiet, now: () => NOW }));

	test("is not known to be right where nobody said what time it is", () => {
		const watch = clocks();
		watch.said("example.net", Number.NaN);
		expect(lines(clockFindings(watch)).join()).toContain("unknown Clock");
	});

	test("is right where others agree, and wrong where one differs", () => {
		const watch = clocks();
		watch.said("fcm.googleapis.com", NOW + 1_000);
		expect(lines(clockFindings(watch)).join()).toContain("that of fcm.googleapis.com");
		watch.said("example.net", NOW + 3_600_000);
		expect(lines(clockFindings(watch)).join()).toContain("example.net says that it is 60 minutes later");
	});
});

describe("the replica", () => {
	const config = parseConfig({ DATABASE_SYNC_URL: "http://127.0.0.1:1", DATABASE_URL: "file:/none/r.db" });
	const running = (replicaAgeMs: number | null) =>
		({ kind: "running", running: { status: { replicaAgeMs } } }) as never;
	const look = (found: never) => lines(lookAtReplica({ config, found })).join();

	test("is well when it is some seconds old, and bad when it does not get on", () => {
		expect(look(running(900))).toContain("ok Replica");
		expect(look(running(45_000))).toContain("bad Replica: it is 45 s behind the primary");
	});

	test("is not judged while nobody keeps it up to date", () => {
		expect(look(none as never)).toContain("unknown Replica");
		expect(lookAtReplica({ config: parseConfig({}), found: none })).toEqual([]);
	});
});
