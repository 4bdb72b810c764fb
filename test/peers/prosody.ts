/**
 * A real Prosody on loopback: the user's server in the tests, with mod_cloud_notify as its half of XEP-0357.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { temporaryFolder } from "./folder.ts";
import { type LuaTable, luaString, parseLuaData } from "./lua-table.ts";
import { serversSystem } from "./system.ts";
import {
	completed,
	type EnabledPush,
	runServer,
	splitUser,
	type XmppServer,
	type XmppServerOptions,
} from "./xmpp-server.ts";

/** Settings of a Prosody. What is left out is Prosody's own default. */
export interface ProsodyOptions extends XmppServerOptions {
	/** `push_max_errors`: how many errors in a row disable a registration (Prosody: 16). */
	pushMaxErrors?: number;
	/** Which summary fields mod_cloud_notify fills in. */
	pushWith?: { body?: boolean; sender?: boolean };
	/** Joined to the example's `modules_enabled`. */
	modulesEnabled?: string[];
	/** The same for each component: by itself it has none. */
	componentModules?: string[];
	/** Of the example's, those that it goes without. */
	modulesDisabled?: string[];
	/** Modules of the test's own, enabled at each host: their source in Lua, by name. */
	ownModules?: Readonly<Record<string, string>>;
	/** Lines for the global section. */
	extraConfig?: string;
	/** Lines for the section of the first host. */
	hostConfig?: string;
	/** Lines for the end of the file, where further VirtualHosts and Components go. */
	extraHosts?: string;
	/** `debug` shows each stanza's way. Default: `info`. */
	logLevel?: "debug" | "info";
}

/** The operator's example: every Prosody here includes it. */
const EXAMPLE = new URL("../../examples/prosody.cfg.lua", import.meta.url);

/**
 * Starts a Prosody with a configuration and data of its own.
 *
 * @throws {MissingPeer} when it is not installed
 */
export async function startProsody(options: ProsodyOptions = {}): Promise<XmppServer> {
	const program = findProsody();
	const { command } = serversSystem();
	const common = await completed(options);
	const { host, ports } = common;
	const folder = temporaryFolder("prosody");
	const dataPath = join(folder.path, "data");
	const configPath = join(folder.path, "prosody.cfg.lua");
	mkdirSync(dataPath);
	const example = readFileSync(EXAMPLE, "utf8").replaceAll("example.org", host);
	writeFileSync(join(folder.path, "example.cfg.lua"), example);
	const ownModules = { ...options.ownModules, ...(options.neighbour && { neighbour: NEIGHBOUR }) };
	for (const [name, source] of Object.entries(ownModules)) {
		writeFileSync(join(folder.path, `mod_${name}.lua`), source);
	}
	writeFileSync(configPath, configuration({ ...options, ownModules }, common, folder.path));

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
	const pushEnabledBy = (user: string): EnabledPush[] => {
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

	return runServer(
		{
			program: "prosody",
			command: command([program, "--config", configPath, "-F"], folder.path),
			httpPath: "/xmpp-websocket",
			patience: { start: 30_000, stop: 10_000 },
			ports,
			configPath,
			addUsers,
			pushEnabledOf: async (users) => users.map(pushEnabledBy),
			folder: folder.path,
			cleanUp: folder.remove,
			logPath: join(folder.path, "prosody.log"),
		},
		common,
	);
}

/** Where it may be: since Prosody 13 it is a part of Prosody, before it was one of prosody-modules. */
const CLOUD_NOTIFY = [
	"/usr/lib/prosody/modules/mod_cloud_notify/mod_cloud_notify.lua",
	"/usr/lib/prosody/modules/mod_cloud_notify.lua",
	"/usr/local/lib/prosody/modules/mod_cloud_notify/mod_cloud_notify.lua",
	"/usr/local/lib/prosody/modules/mod_cloud_notify.lua",
];

/** The program's path in its system. @throws {MissingPeer} when it, or its module for push, is not installed */
export function findProsody(): string {
	const { which, path, missing } = serversSystem();
	const program = which("prosody");
	if (program === null) throw missing("Prosody", ["prosody", "prosody-modules"]);
	if (!CLOUD_NOTIFY.some((file) => existsSync(path(file)))) {
		throw missing("Prosody's mod_cloud_notify", ["prosody-modules"]);
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

/** In place of DNS, which would take a name server on a privileged port. */
const NEIGHBOUR = `module:set_global();
local service = require "net.resolvers.service";
local manual, basic = require "net.resolvers.manual", require "net.resolvers.basic";
local domains = module:get_option_set("neighbour_domains", {});
local port = module:get_option_number("neighbour_port");
function service.new(domain, name, protocol, extra)
	if name ~= "xmpp-server" or not domains:contains(domain) then return manual.new({}); end
	return basic.new("127.0.0.1", port, protocol, extra);
end
`;

function configuration(
	options: ProsodyOptions,
	{ hosts, host, components, ports }: Awaited<ReturnType<typeof completed>>,
	folder: string,
): string {
	const {
		neighbour,
		asExample = false,
		pushWith,
		passwords = "clear",
		withoutMechanisms,
		certificate,
	} = options;
	const modules = [...(options.modulesEnabled ?? []), ...Object.keys(options.ownModules ?? {})];
	const limited = asExample || options.limits === "stock";
	const list = (values: readonly string[]) => `{ ${values.map(luaString).join(", ")} }`;
	const setting = (name: string, value: string | number | boolean | undefined) =>
		value === undefined ? [] : [`${name} = ${typeof value === "string" ? luaString(value) : value}`];
	// Loopback has no certificates; without a neighbour nothing may look up names or leave the machine.
	const unwanted = [
		...["tls", "s2s_auth_certs", ...(neighbour ? [] : ["s2s", "dialback"])],
		...(options.modulesDisabled ?? []),
	];
	return [
		"-- Written for one test; every socket is on loopback.",
		`Include ${luaString(join(folder, "example.cfg.lua"))}`,
		...(process.getuid?.() === 0 ? ["run_as_root = true"] : []),
		`data_path = ${luaString(join(folder, "data"))}`,
		`certificates = ${luaString(folder)}`,
		`pidfile = ${luaString(join(folder, "prosody.pid"))}`,
		`log = { { levels = { min = ${luaString(options.logLevel ?? "info")} }, to = "console", timestamps = true } }`,
		`modules_disabled = ${list(limited ? unwanted : [...unwanted, "limits"])}`,
		`interfaces = { "127.0.0.1" }`,
		`local_interfaces = { "127.0.0.1" }`,
		`c2s_ports = { ${ports.c2s} }`,
		"c2s_direct_tls_ports = {}",
		`http_ports = { ${ports.http} }`,
		`http_interfaces = { "127.0.0.1" }`,
		...(certificate === undefined
			? ["https_ports = {}"]
			: [
					`https_ports = { ${ports.https} }`,
					`https_interfaces = { "127.0.0.1" }`,
					// Under a name that is no host of its own it shows no certificate.
					`https_host = "localhost"`,
					`https_ssl = { certificate = ${luaString(certificate)}, key = ${luaString(certificate)} }`,
				]),
		`http_default_host = ${luaString(host)}`,
		`component_ports = { ${ports.component} }`,
		`component_interfaces = { "127.0.0.1" }`,
		"c2s_require_encryption = false",
		"allow_unencrypted_plain_auth = true",
		"consider_websocket_secure = true",
		...(passwords === "clear"
			? [`authentication = "internal_plain"`]
			: [`authentication = "internal_hashed"`, `password_hash = ${luaString(passwords)}`]),
		...(withoutMechanisms ? [`disable_sasl_mechanisms = ${list(withoutMechanisms)}`] : []),
		`storage = "internal"`,
		`plugin_paths = ${list([folder])}`,
		...(neighbour
			? [
					`neighbour_domains = ${list(neighbour.domains)}`,
					`neighbour_port = ${neighbour.port}`,
					`s2s_ports = { ${neighbour.ownPort} }`,
					"s2s_require_encryption = false",
				]
			: []),
		...(asExample
			? []
			: [
					`smacks_hibernation_time = ${options.resumeSeconds ?? "nil"}`,
					`smacks_max_queue_size = ${options.resumeQueue ?? "nil"}`,
					`unlimited_jids = ${list(options.unlimited ?? [])}`,
				]),
		...setting("push_max_errors", options.pushMaxErrors),
		...setting("push_notification_with_body", pushWith?.body),
		...setting("push_notification_with_sender", pushWith?.sender),
		options.extraConfig ?? "",
		...hosts.flatMap((domain) => [
			`VirtualHost ${luaString(domain)}`,
			// Joined to the global ones.
			`\tmodules_enabled = ${list(modules)}`,
			...(domain === host ? [options.hostConfig ?? ""] : []),
		]),
		...components.flatMap(({ domain, secret }) => [
			`Component ${luaString(domain)}`,
			`\tcomponent_secret = ${luaString(secret)}`,
			...(options.componentModules ? [`\tmodules_enabled = ${list(options.componentModules)}`] : []),
		]),
		`Component ${luaString(`pubsub.${host}`)} "pubsub"`,
		`\tenabled = ${options.pubsub ?? false}`,
		options.extraHosts ?? "",
		"",
	].join("\n");
}
