/**
 * A real ejabberd on loopback: the user's server in the tests, with mod_push as its half of XEP-0357.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type ErlangTerm, parseErlangTerms } from "./erlang-term.ts";
import { temporaryFolder } from "./folder.ts";
import { type NameServer, startNameServer } from "./name-server.ts";
import { serversSystem } from "./system.ts";
import {
	completed,
	type EnabledPush,
	runServer,
	splitUser,
	type XmppServer,
	type XmppServerOptions,
} from "./xmpp-server.ts";

/** Settings of an ejabberd. What is left out is ejabberd's own default. */
export interface EjabberdOptions extends XmppServerOptions {
	/** Joined to `modules`; replaces the settings of one that is there already. */
	modules?: Record<string, Record<string, unknown>>;
	/** Of the example's, those that it goes without. */
	modulesDisabled?: string[];
	/** Further paths of its HTTP, each with the module that answers there. */
	handlers?: Record<string, string>;
	/** Which summary fields mod_push fills in; a string is shown in place of the body. */
	pushWith?: { body?: boolean | string; sender?: boolean };
	/** YAML for the top level: further listeners cannot go there, other settings can. */
	extraConfig?: string;
	/** Let stanzas of any length in, as an ejabberd does that has no `max_stanza_size`. Default: as in the example. */
	anyStanzaSize?: boolean;
	/** Default: `info`. */
	logLevel?: "debug" | "info";
}

/** The operator's example: every ejabberd here has its settings, but for what {@link configuration} replaces. */
const EXAMPLE = new URL("../../examples/ejabberd.yml", import.meta.url);

/** ejabberd's names of hash functions. */
const HASH_NAMES = { "SHA-1": "sha", "SHA-256": "sha256", "SHA-512": "sha512" };

interface Example {
	certfiles: string[];
	listen: { module: string }[];
	acl: object;
	modules: Record<string, object>;
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
	const { command } = serversSystem();
	const common = await completed(options);
	const { host, ports } = common;
	const folder = temporaryFolder("ejabberd");
	const spool = join(folder.path, "spool");
	const configPath = join(folder.path, "ejabberd.yml");
	const namesPath = join(folder.path, "inetrc");
	mkdirSync(spool);
	writeFileSync(configPath, configuration(options, common));
	const { neighbour } = options;
	const names = neighbour && (await startNameServer(neighbour.domains, neighbour.port));
	writeFileSync(namesPath, inetrc(names));

	const api = async (command: string, parameters: object): Promise<void> => {
		const response = await fetch(`http://127.0.0.1:${ports.http}/api/${command}`, {
			method: "POST",
			body: JSON.stringify(parameters),
		});
		if (!response.ok) throw new Error(`ejabberd ${command}: ${response.status} ${await response.text()}`);
	};

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
	const pushEnabledOf = async (users: readonly string[]): Promise<EnabledPush[][]> => {
		const file = join(folder.path, `dump-${++dumps}.txt`);
		await api("dump_table", { file, table: TABLE });
		const terms = parseErlangTerms(readFileSync(file));
		rmSync(file);
		return users.map((user) => {
			const { name, host: domain } = splitUser(user, host);
			return terms.flatMap((term) => enabledBy(term, name, domain));
		});
	};

	return runServer(
		{
			program: "ejabberd",
			command: command(
				[
					program.erl,
					...["+K", "true", "+P", "250000"],
					// Idle schedulers that spin would take the cores from what is measured beside them.
					...["+sbwt", "none", "+sbwtdcpu", "none", "+sbwtdio", "none"],
					...["-noinput", "-mnesia", "dir", `"${spool}"`, "-s", "ejabberd"],
				],
				folder.path,
			),
			env: {
				HOME: folder.path,
				ERL_LIBS: program.libraries,
				ERL_CRASH_DUMP_BYTES: "0",
				EJABBERD_CONFIG_PATH: configPath,
				// What it writes there it also writes to its output.
				EJABBERD_LOG_PATH: join(folder.path, "ejabberd-own.log"),
				ERL_INETRC: namesPath,
			},
			httpPath: "/ws",
			patience: { start: 60_000, stop: 20_000 },
			ports,
			configPath,
			addUsers,
			pushEnabledOf,
			folder: folder.path,
			cleanUp() {
				names?.close();
				folder.remove();
			},
			logPath: join(folder.path, "ejabberd.log"),
		},
		common,
	);
}

/**
 * The Erlang runtime and the folder of libraries that the package's own start script names.
 *
 * @throws {MissingPeer} when one is not installed
 */
export function findEjabberd(): { erl: string; libraries: string } {
	const { which, path, missing } = serversSystem();
	const control = which("ejabberdctl");
	const erl = which("erl");
	if (control === null || erl === null) throw missing("ejabberd", ["ejabberd"]);
	const libraries = /^ERL_LIBS='?([^'\n]+)'?$/m.exec(readFileSync(path(control), "utf8"))?.[1];
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

/** Erlang's settings for looking up SRV records: nobody else is asked. */
function inetrc(names: NameServer | undefined): string {
	const server = names ? [`{nameserver, {127,0,0,1}, ${names.port}}.`] : [];
	return ["{lookup, [file]}.", `{resolv_conf, ""}.`, `{hosts_file, ""}.`, ...server, ""].join("\n");
}

function configuration(
	options: EjabberdOptions,
	{ hosts, host, components, ports }: Awaited<ReturnType<typeof completed>>,
): string {
	const { resumeSeconds, resumeQueue, pushWith, asExample = false, neighbour } = options;
	const { passwords = "clear", withoutMechanisms } = options;
	const { certfiles: _, ...example } = Bun.YAML.parse(
		readFileSync(EXAMPLE, "utf8").replaceAll("example.org", host),
	) as Example;
	const secrets = Object.fromEntries(components.map(({ domain, secret }) => [domain, { password: secret }]));
	/** What differs on loopback, by the listener's module; what is not here does not listen. */
	const listeners: Record<string, object> = {
		ejabberd_c2s: { port: ports.c2s, starttls_required: false },
		ejabberd_http: {
			port: ports.http,
			tls: false,
			request_handlers: { "/api": "mod_http_api", "/ws": "ejabberd_http_ws", ...options.handlers },
		},
		// By default each component that connects is given what is sent to any of them.
		ejabberd_service: { port: ports.component, hosts: secrets, global_routes: false },
		...(neighbour ? { ejabberd_s2s_in: { port: neighbour.ownPort } } : {}),
	};
	const stock = options.limits === "stock";
	const limits = {
		acl: { ...example.acl, unlimited: { user: options.unlimited ?? [] } },
		shaper_rules: { c2s_shaper: stock ? [{ none: "unlimited" }, { normal: "all" }] : "none" },
	};
	const streamManagement = {
		...example.modules.mod_stream_mgmt,
		resume_timeout: resumeSeconds,
		max_ack_queue: resumeQueue,
	};
	const settings = {
		...example,
		...(asExample ? {} : limits),
		loglevel: options.logLevel ?? "info",
		log_rotate_count: 0,
		hosts,
		auth_method: "internal",
		...(passwords === "clear"
			? { auth_password_format: "plain" }
			: { auth_password_format: "scram", auth_scram_hash: HASH_NAMES[passwords] }),
		disable_sasl_mechanisms: withoutMechanisms,
		listen: example.listen.flatMap((listener) => {
			const here = listeners[listener.module];
			const size = options.anyStanzaSize ? { max_stanza_size: undefined } : {};
			if (!here) return [];
			const plain = { ...listener, ip: "127.0.0.1", ...here, ...size };
			const isSecureToo = options.certificate !== undefined && listener.module === "ejabberd_http";
			return isSecureToo ? [plain, { ...plain, port: ports.https, tls: true }] : [plain];
		}),
		...(options.certificate !== undefined && { certfiles: [options.certificate], acme: { auto: false } }),
		s2s_use_starttls: false,
		api_permissions: { tests: { from: "mod_http_api", who: "all", what: "*" } },
		modules: {
			...example.modules,
			mod_admin_extra: {},
			mod_http_api: {},
			mod_push: {
				...(pushWith?.body === undefined ? {} : { include_body: pushWith.body }),
				...(pushWith?.sender === undefined ? {} : { include_sender: pushWith.sender }),
			},
			...(asExample ? {} : { mod_stream_mgmt: streamManagement }),
			...(options.pubsub ? {} : { mod_pubsub: undefined }),
			...options.modules,
			...Object.fromEntries((options.modulesDisabled ?? []).map((name) => [name, undefined])),
		},
	};
	// JSON is YAML, and leaves out what is undefined.
	const lines = Object.entries(settings).map(([name, value]) => `${name}: ${JSON.stringify(value)}`);
	return [
		"# Written for one test; every socket is on loopback.",
		...lines,
		options.extraConfig ?? "",
		"",
	].join("\n");
}
