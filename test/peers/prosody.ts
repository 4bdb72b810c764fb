/**
 * A real Prosody on loopback: the user's server in the tests, with mod_cloud_notify as its half of XEP-0357.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Child, startChild } from "./child.ts";
import { temporaryFolder } from "./folder.ts";
import { type LuaTable, luaString, parseLuaData } from "./lua-table.ts";
import { MissingPeer, systemPath } from "./missing-peer.ts";
import { freePorts } from "./ports.ts";
import {
	type EnabledPush,
	splitUser,
	untilEnabled,
	type XmppServer,
	type XmppServerOptions,
} from "./xmpp-server.ts";

/** Settings of a Prosody. What is left out is Prosody's own default. */
export interface ProsodyOptions extends XmppServerOptions {
	/** `push_max_errors`: how many errors in a row disable a registration (Prosody: 16). */
	pushMaxErrors?: number;
	/** Which summary fields mod_cloud_notify fills in. */
	pushWith?: { body?: boolean; sender?: boolean };
	/** Joined to `modules_enabled`. */
	modules?: string[];
	/** Lines for the global section. */
	extraConfig?: string;
	/** Lines for the end of the file, where further VirtualHosts and Components go. */
	extraHosts?: string;
	/** `debug` shows each stanza's way. Default: `info`. */
	logLevel?: "debug" | "info";
}

const MODULES = [
	"roster",
	"saslauth",
	"disco",
	"ping",
	"carbons",
	"pep",
	"blocklist",
	"smacks",
	"csi_simple",
	"mam",
	"offline",
	"cloud_notify",
	"websocket",
];

/**
 * Starts a Prosody with a configuration and data of its own.
 *
 * @throws {MissingPeer} when it is not installed
 */
export async function startProsody(options: ProsodyOptions = {}): Promise<XmppServer> {
	const program = findProsody();
	const hosts = options.hosts ?? ["example.org"];
	const host = hosts[0] ?? "example.org";
	const [http = 0, c2s = 0, component = 0] = await freePorts(3);
	const folder = temporaryFolder("prosody");
	const dataPath = join(folder.path, "data");
	const configPath = join(folder.path, "prosody.cfg.lua");
	const logPath = join(folder.path, "prosody.log");
	mkdirSync(dataPath);
	writeFileSync(configPath, configuration(options, hosts, { http, c2s, component }, folder.path));

	const url = `http://127.0.0.1:${http}/xmpp-websocket`;
	let child: Child | undefined;

	const start = async () => {
		child = startChild({ command: [program, "--config", configPath, "-F"], logPath, cwd: folder.path });
		await child.ready(async () => (await fetch(url)).ok);
	};
	const halt = async () => child?.stop();
	const kill9 = async () => child?.kill9();
	const addUsers = async (names: readonly string[], password: string, domain = host) => {
		// Its own tool takes a second for each account. A password in the clear is what its storage holds for
		// `internal_plain`, and what `internal_hashed` hashes at the first login.
		const accounts = join(dataPath, encode(domain), "accounts");
		mkdirSync(accounts, { recursive: true });
		for (const name of names) {
			const data = `return {\n\t["password"] = ${luaString(password)};\n};\n`;
			writeFileSync(join(accounts, `${encode(name)}.dat`), data);
		}
	};
	const pushEnabled = async (user: string): Promise<EnabledPush[]> => {
		const { name, host: domain } = splitUser(user, host);
		// mod_cloud_notify writes this file before it answers an enable, and when it gives a registration up.
		const path = join(dataPath, encode(domain), "cloud_notify", `${encode(name)}.dat`);
		if (!existsSync(path)) return [];
		const stored = parseLuaData(readFileSync(path)) as LuaTable;
		return Object.values(stored).map((value) => {
			const entry = value as LuaTable;
			return { jid: String(entry.jid), node: typeof entry.node === "string" ? entry.node : "" };
		});
	};

	try {
		await start();
	} catch (error) {
		await kill9();
		folder.remove();
		throw error;
	}

	return {
		program: "prosody",
		host,
		websocketUrl: `ws://127.0.0.1:${http}/xmpp-websocket`,
		tcpUrl: `xmpp://127.0.0.1:${c2s}`,
		componentUrl: `xmpp://127.0.0.1:${component}`,
		ports: { http, c2s, component },
		configPath,
		logPath,
		pid: () => child?.pid ?? 0,
		addUser: (name, password, domain) => addUsers([name], password, domain),
		addUsers,
		pushEnabled,
		untilPushEnabled: (user, wished, timeoutMs = 5_000) =>
			untilEnabled(() => pushEnabled(user), wished, timeoutMs),
		async restart({ graceful = true } = {}) {
			await (graceful ? halt() : kill9());
			await start();
		},
		halt: async () => void (await halt()),
		kill9: async () => void (await kill9()),
		start,
		async stop() {
			await halt();
			folder.remove();
		},
	};
}

/** Where Debian's packages put modules, newer releases in one file, older ones in a folder. */
const CLOUD_NOTIFY = [
	"/usr/lib/prosody/modules/mod_cloud_notify/mod_cloud_notify.lua",
	"/usr/lib/prosody/modules/mod_cloud_notify.lua",
	"/usr/local/lib/prosody/modules/mod_cloud_notify/mod_cloud_notify.lua",
	"/usr/local/lib/prosody/modules/mod_cloud_notify.lua",
];

/** The program's path. @throws {MissingPeer} when it, or its module for push, is not installed */
export function findProsody(): string {
	const program = Bun.which("prosody", { PATH: systemPath() });
	if (program === null) throw new MissingPeer("Prosody", ["prosody", "prosody-modules"]);
	if (!CLOUD_NOTIFY.some((path) => existsSync(path))) {
		throw new MissingPeer("Prosody's mod_cloud_notify", ["prosody-modules"]);
	}
	return program;
}

/** Prosody's names for the files and folders of its storage (util.datamanager). */
function encode(name: string): string {
	return [...Buffer.from(name)]
		.map((byte) =>
			/\w/.test(String.fromCharCode(byte)) && byte !== 0x5f
				? String.fromCharCode(byte)
				: `%${byte.toString(16).padStart(2, "0")}`,
		)
		.join("");
}

function configuration(
	options: ProsodyOptions,
	hosts: string[],
	ports: { http: number; c2s: number; component: number },
	folder: string,
): string {
	const modules = [...MODULES, ...(options.modules ?? [])];
	if (options.limits === "stock") modules.push("limits");
	const setting = (name: string, value: string | number | boolean | undefined) =>
		value === undefined ? [] : [`${name} = ${typeof value === "string" ? luaString(value) : value}`];
	return [
		"-- Written for one test; every socket is on loopback.",
		...(process.getuid?.() === 0 ? ["run_as_root = true"] : []),
		`data_path = ${luaString(join(folder, "data"))}`,
		`certificates = ${luaString(folder)}`,
		`pidfile = ${luaString(join(folder, "prosody.pid"))}`,
		`log = { { levels = { min = ${luaString(options.logLevel ?? "info")} }, to = "console", timestamps = true } }`,
		`modules_enabled = { ${modules.map(luaString).join(", ")} }`,
		// No federation: nothing here may look up names or leave the machine.
		`modules_disabled = { "s2s", "s2s_auth_certs", "tls" }`,
		`interfaces = { "127.0.0.1" }`,
		`local_interfaces = { "127.0.0.1" }`,
		`c2s_ports = { ${ports.c2s} }`,
		"c2s_direct_tls_ports = {}",
		`http_ports = { ${ports.http} }`,
		`http_interfaces = { "127.0.0.1" }`,
		"https_ports = {}",
		`http_default_host = ${luaString(hosts[0] ?? "")}`,
		`component_ports = { ${ports.component} }`,
		`component_interfaces = { "127.0.0.1" }`,
		"c2s_require_encryption = false",
		"allow_unencrypted_plain_auth = true",
		"consider_websocket_secure = true",
		`authentication = "internal_plain"`,
		`storage = "internal"`,
		`archive_expires_after = "1w"`,
		...setting("smacks_hibernation_time", options.resumeSeconds),
		...setting("smacks_max_queue_size", options.resumeQueue),
		...setting("push_max_errors", options.pushMaxErrors),
		...setting("push_notification_with_body", options.pushWith?.body),
		...setting("push_notification_with_sender", options.pushWith?.sender),
		// Debian's prosody.cfg.lua.
		...(options.limits === "stock" ? [`limits = { c2s = { rate = "10kb/s" } }`] : []),
		`unlimited_jids = { ${(options.unlimited ?? []).map(luaString).join(", ")} }`,
		options.extraConfig ?? "",
		...hosts.map((host) => `VirtualHost ${luaString(host)}`),
		...(options.components ?? []).flatMap(({ domain, secret }) => [
			`Component ${luaString(domain)}`,
			`\tcomponent_secret = ${luaString(secret)}`,
		]),
		options.extraHosts ?? "",
		"",
	].join("\n");
}
