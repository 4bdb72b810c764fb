/**
 * A real ejabberd on loopback: the user's server in the tests, with mod_push as its half of XEP-0357.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Child, startChild } from "./child.ts";
import { type ErlangTerm, parseErlangTerms } from "./erlang-term.ts";
import { temporaryFolder } from "./folder.ts";
import { MissingPeer, systemPath } from "./missing-peer.ts";
import { freePorts } from "./ports.ts";
import {
	type EnabledPush,
	splitUser,
	untilEnabled,
	type XmppServer,
	type XmppServerOptions,
} from "./xmpp-server.ts";

/** Settings of an ejabberd. What is left out is ejabberd's own default. */
export interface EjabberdOptions extends XmppServerOptions {
	/** Joined to `modules`; replaces the settings of one that is there already. */
	modules?: Record<string, Record<string, unknown>>;
	/** Which summary fields mod_push fills in; a string is shown in place of the body. */
	pushWith?: { body?: boolean | string; sender?: boolean };
	/** YAML for the top level: further listeners cannot go there, other settings can. */
	extraConfig?: string;
	/** Default: `info`. */
	logLevel?: "debug" | "info";
}

/** What a listing of all registrations is made of: mod_push's own table. */
const TABLE = "push_session";

/**
 * Starts an ejabberd with a configuration and data of its own.
 *
 * It runs as the current user and without Erlang's distribution, which its own `ejabberdctl` would not allow:
 * no node name to collide, no port mapper left behind.
 *
 * @throws {MissingPeer} when it is not installed
 */
export async function startEjabberd(options: EjabberdOptions = {}): Promise<XmppServer> {
	const program = findEjabberd();
	const host = options.hosts?.[0] ?? "example.org";
	const [http = 0, c2s = 0, component = 0] = await freePorts(3);
	const folder = temporaryFolder("ejabberd");
	const spool = join(folder.path, "spool");
	const configPath = join(folder.path, "ejabberd.yml");
	const logPath = join(folder.path, "ejabberd.log");
	mkdirSync(spool);
	writeFileSync(configPath, configuration(options, { http, c2s, component }));

	const api = async (command: string, parameters: object): Promise<void> => {
		const response = await fetch(`http://127.0.0.1:${http}/api/${command}`, {
			method: "POST",
			body: JSON.stringify(parameters),
		});
		if (!response.ok) throw new Error(`ejabberd ${command}: ${response.status} ${await response.text()}`);
	};

	let child: Child | undefined;
	const start = async () => {
		child = startChild({
			command: [
				program.erl,
				...["+K", "true", "+P", "250000"],
				// Idle schedulers that spin would take the cores from what is measured beside them.
				...["+sbwt", "none", "+sbwtdcpu", "none", "+sbwtdio", "none"],
				...["-noinput", "-mnesia", "dir", `"${spool}"`, "-s", "ejabberd"],
			],
			logPath,
			cwd: folder.path,
			env: {
				HOME: folder.path,
				ERL_LIBS: program.libraries,
				ERL_CRASH_DUMP_BYTES: "0",
				EJABBERD_CONFIG_PATH: configPath,
				// What it writes there it also writes to its output.
				EJABBERD_LOG_PATH: join(folder.path, "ejabberd-own.log"),
			},
		});
		await child.ready(async () => (await fetch(`http://127.0.0.1:${http}/ws`)).ok, 60_000);
	};
	const halt = async () => child?.stop(20_000);
	const kill9 = async () => child?.kill9();

	const addUsers = async (names: readonly string[], password: string, domain = host) => {
		const left = [...names];
		const register = async () => {
			for (let user = left.pop(); user !== undefined; user = left.pop()) {
				await api("register", { user, host: domain, password });
			}
		};
		await Promise.all(Array.from({ length: 8 }, register));
	};

	let dumps = 0;
	const pushEnabled = async (user: string): Promise<EnabledPush[]> => {
		const { name, host: domain } = splitUser(user, host);
		const file = join(folder.path, `dump-${++dumps}.txt`);
		await api("dump_table", { file, table: TABLE });
		const terms = parseErlangTerms(readFileSync(file));
		rmSync(file);
		return terms.flatMap((term) => enabledBy(term, name, domain));
	};

	try {
		await start();
	} catch (error) {
		await kill9();
		folder.remove();
		throw error;
	}

	return {
		program: "ejabberd",
		host,
		websocketUrl: `ws://127.0.0.1:${http}/ws`,
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

/**
 * The Erlang runtime and the folder of libraries that the package's own start script names.
 *
 * @throws {MissingPeer} when one is not installed
 */
export function findEjabberd(): { erl: string; libraries: string } {
	const PATH = systemPath();
	const control = Bun.which("ejabberdctl", { PATH });
	const erl = Bun.which("erl", { PATH });
	if (control === null || erl === null) throw new MissingPeer("ejabberd", ["ejabberd"]);
	const libraries = /^ERL_LIBS='?([^'\n]+)'?$/m.exec(readFileSync(control, "utf8"))?.[1];
	return { erl, libraries: libraries ?? "" };
}

/** One row of the table, when it is the user's. */
function enabledBy(term: ErlangTerm, name: string, domain: string): EnabledPush[] {
	if (!Array.isArray(term) || term[0] !== TABLE) return [];
	// {push_session, {User, Server}, Timestamp, {User, Server, Resource} of the service, Node, Form}
	const [, owner, , service, node] = term;
	if (!Array.isArray(owner) || owner[0] !== name || owner[1] !== domain || !Array.isArray(service)) return [];
	const [user, server, resource] = service;
	const jid = `${user ? `${user}@` : ""}${server}${resource ? `/${resource}` : ""}`;
	return [{ jid, node: typeof node === "string" ? node : "" }];
}

function configuration(
	options: EjabberdOptions,
	ports: { http: number; c2s: number; component: number },
): string {
	const { resumeSeconds, resumeQueue, pushWith } = options;
	const ip = "127.0.0.1";
	const stock = options.limits === "stock";
	const components = Object.fromEntries(
		(options.components ?? []).map(({ domain, secret }) => [domain, { password: secret }]),
	);
	const settings = {
		loglevel: options.logLevel ?? "info",
		log_rotate_count: 0,
		hosts: options.hosts ?? ["example.org"],
		auth_method: "internal",
		auth_password_format: "plain",
		// Debian's ejabberd.yml; elsewhere nothing may wait.
		shaper: { normal: { rate: 3000, burst_size: 20000 } },
		acl: { unlimited: { user: options.unlimited ?? [] } },
		shaper_rules: { c2s_shaper: stock ? [{ none: "unlimited" }, { normal: "all" }] : "none" },
		listen: [
			{
				...{ port: ports.http, ip, module: "ejabberd_http" },
				request_handlers: { "/api": "mod_http_api", "/ws": "ejabberd_http_ws" },
			},
			{ port: ports.c2s, ip, module: "ejabberd_c2s", shaper: "c2s_shaper" },
			...(options.components?.length
				? [{ port: ports.component, ip, module: "ejabberd_service", shaper: "none", hosts: components }]
				: []),
		],
		api_permissions: { tests: { from: "mod_http_api", who: "all", what: "*" } },
		modules: {
			mod_adhoc: {},
			mod_admin_extra: {},
			mod_caps: {},
			mod_carboncopy: {},
			mod_client_state: {},
			mod_disco: {},
			mod_http_api: {},
			mod_mam: { default: "always" },
			mod_offline: {},
			mod_ping: {},
			mod_push: {
				...(pushWith?.body === undefined ? {} : { include_body: pushWith.body }),
				...(pushWith?.sender === undefined ? {} : { include_sender: pushWith.sender }),
			},
			mod_push_keepalive: {},
			mod_roster: {},
			mod_stream_mgmt: {
				resend_on_timeout: "if_offline",
				...(resumeSeconds === undefined ? {} : { resume_timeout: resumeSeconds }),
				...(resumeQueue === undefined ? {} : { max_ack_queue: resumeQueue }),
			},
			...options.modules,
		},
	};
	// JSON is YAML.
	const lines = Object.entries(settings).map(([name, value]) => `${name}: ${JSON.stringify(value)}`);
	return [
		"# Written for one test; every socket is on loopback.",
		...lines,
		options.extraConfig ?? "",
		"",
	].join("\n");
}
