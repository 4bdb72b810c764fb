/**
 * What the tests and the demo ask of a real XMPP server, whichever program it is, and how any of them is run.
 */

import { type Child, startChild } from "./child.ts";
import { PATIENCE_MS } from "./patience.ts";
import { freePorts } from "./ports.ts";
import { serversSystem } from "./system.ts";

/** An external component (XEP-0114) that may connect. */
export interface ComponentAccount {
	domain: string;
	secret: string;
}

/** A registration for push that the server keeps for one of its users. */
export interface EnabledPush {
	/** The app server's address. */
	jid: string;
	/** Empty when the client enabled without one. */
	node: string;
}

/** Another server on loopback, and which of its domains can be found. */
export interface Neighbour {
	/** Where it lets servers in. */
	port: number;
	domains: readonly string[];
	/** Where it finds this server. */
	ownPort: number;
}

/** Settings both servers know. */
export interface XmppServerOptions {
	/** The domains it serves; the first one is the default everywhere. Default: `example.org`. */
	hosts?: string[];
	/** Default: `push.` before the first domain, as in the examples for operators. */
	components?: ComponentAccount[];
	/** A pubsub service at `pubsub.` before the first domain, where `push` may make nodes. Default: none. */
	pubsub?: boolean;
	/** The one other server it exchanges stanzas with (s2s). Default: none. */
	neighbour?: Neighbour;
	/** A PEM file of a certificate for `localhost` and its key: takes WebSocket connections over TLS too. */
	certificate?: string;
	/** Rate limits, resume time and queue as in the examples for operators, whatever the options below say. */
	asExample?: boolean;
	/** XEP-0198: how many seconds a session waits to be resumed. Default: the program's own. */
	resumeSeconds?: number;
	/** XEP-0198: how many stanzas it keeps for one session. Default: the program's own. */
	resumeQueue?: number;
	/** How passwords are kept, which says what clients can log in with. Default: in the clear, for all mechanisms. */
	passwords?: "clear" | "SHA-1" | "SHA-256" | "SHA-512";
	/** SASL mechanisms that it does not offer. */
	withoutMechanisms?: string[];
	/** Limit the clients' rate as the packaged configuration does. Default: no limit. */
	limits?: "stock" | "none";
	/** Bare JIDs that a limit does not hold for. */
	unlimited?: string[];
}

/** Where it listens. */
export interface Ports {
	http: number;
	c2s: number;
	component: number;
	/** With {@link XmppServerOptions.certificate} only. */
	https: number;
}

/** A real XMPP server on loopback, with data and ports of its own. */
export interface XmppServer {
	readonly program: "prosody" | "ejabberd";
	/** The first domain served. */
	readonly host: string;
	/** Where clients connect (RFC 7395), without TLS. */
	readonly websocketUrl: string;
	/** The same with TLS, where it has a certificate. */
	readonly secureUrl: string;
	/** Where clients connect over TCP, without TLS. */
	readonly tcpUrl: string;
	/** Where components connect: `xmpp://127.0.0.1:port`. */
	readonly componentUrl: string;
	readonly ports: Readonly<Ports>;
	/** Who may connect there. */
	readonly components: readonly ComponentAccount[];
	readonly configPath: string;
	readonly logPath: string;
	/** The process id of today's process. */
	pid(): number;
	/** Makes an account. Without a host: on the first. */
	addUser(name: string, password: string, host?: string): Promise<void>;
	/** Makes many accounts at once, with one password. */
	addUsers(names: readonly string[], password: string, host?: string): Promise<void>;
	/**
	 * The push registrations that the server keeps for a user, as it would find them after a restart.
	 *
	 * @param user a name on the first host, or a bare JID
	 */
	pushEnabled(user: string): Promise<EnabledPush[]>;
	/** The same for several, in their order: asking for one costs as much as for all. */
	pushEnabledOf(users: readonly string[]): Promise<EnabledPush[][]>;
	/**
	 * Waits until the user's registrations are as wished.
	 *
	 * @throws at the deadline, with those it still has
	 */
	untilPushEnabled(
		user: string,
		wished: (enabled: EnabledPush[]) => boolean,
		timeoutMs?: number,
	): Promise<EnabledPush[]>;
	/** Stops (or, with `graceful: false`, kills) and starts it again on its data and ports. */
	restart(options?: { graceful?: boolean }): Promise<void>;
	/** Stops it as its operator would; data stays for {@link start}. */
	halt(): Promise<void>;
	/** Ends it at once, as a crash would; data stays for {@link start}. */
	kill9(): Promise<void>;
	/** Starts it again after {@link halt} or {@link kill9}. */
	start(): Promise<void>;
	/** Stops it for good and deletes its data. */
	stop(): Promise<void>;
}

/** The half of {@link XmppServer} that is a program's own. */
export interface Program
	extends Pick<XmppServer, "program" | "ports" | "configPath" | "logPath" | "addUsers" | "pushEnabledOf"> {
	command: string[];
	env?: Record<string, string>;
	/** Where it runs. */
	folder: string;
	/** Called when it has ended for good. */
	cleanUp: () => void;
	/** Answers once the server is ready; the same path takes WebSockets. */
	httpPath: string;
	/** How long a start and a stop may take, ms. */
	patience: { start: number; stop: number };
}

/** What is left out is filled in. */
export async function completed(options: XmppServerOptions): Promise<{
	hosts: string[];
	host: string;
	components: ComponentAccount[];
	ports: Ports;
}> {
	const hosts = options.hosts ?? ["example.org"];
	const [host = ""] = hosts;
	const [http = 0, c2s = 0, component = 0, https = 0] = await freePorts(4);
	const components = options.components ?? [{ domain: `push.${host}`, secret: "component-secret" }];
	return { hosts, host, components, ports: { http, c2s, component, https } };
}

/** Runs a server. @throws when it does not start, with the log's last lines */
export async function runServer(
	own: Program,
	{ host, components }: { host: string; components: readonly ComponentAccount[] },
): Promise<XmppServer> {
	const { ports, folder, logPath, patience } = own;
	const authority = `127.0.0.1:${ports.http}${own.httpPath}`;
	let child: Child | undefined;

	const start = async () => {
		child = startChild({ command: own.command, env: own.env ?? {}, logPath, cwd: folder });
		await child.ready(async () => (await fetch(`http://${authority}`)).ok, patience.start);
	};
	const halt = async () => child?.stop(patience.stop);
	const kill9 = async () => child?.kill9();
	const pushEnabled = async (user: string) => (await own.pushEnabledOf([user]))[0] ?? [];

	try {
		await start();
	} catch (error) {
		await kill9();
		own.cleanUp();
		throw error;
	}

	return {
		program: own.program,
		host,
		websocketUrl: `ws://${authority}`,
		secureUrl: `wss://localhost:${ports.https}${own.httpPath}`,
		tcpUrl: `xmpp://127.0.0.1:${ports.c2s}`,
		componentUrl: `xmpp://127.0.0.1:${ports.component}`,
		ports,
		components,
		configPath: own.configPath,
		logPath,
		pid: () => child?.pid ?? 0,
		addUser: (name, password, domain) => own.addUsers([name], password, domain),
		addUsers: own.addUsers,
		pushEnabled,
		pushEnabledOf: own.pushEnabledOf,
		untilPushEnabled: (user, wished, timeoutMs = PATIENCE_MS) =>
			untilEnabled(() => pushEnabled(user), wished, timeoutMs),
		async restart({ graceful = true } = {}) {
			await (graceful ? halt() : kill9());
			await start();
		},
		halt,
		kill9,
		start,
		async stop() {
			await halt();
			own.cleanUp();
		},
	};
}

/** The release that is installed: 0.12 or 13, 23.01 or 24.12. 0: not known. */
export const releaseOf = (program: XmppServer["program"]): number =>
	Number.parseFloat(serversSystem().version(program) ?? "0");

/** Whether it gives a registration up whose publishes are refused for good. Prosody 13's mod_cloud_notify fails to. */
export const countsRefusals = (program: XmppServer["program"]): boolean =>
	program !== "prosody" || releaseOf(program) < 13;

/** Splits `name` or `name@host`. */
export function splitUser(user: string, defaultHost: string): { name: string; host: string } {
	const at = user.indexOf("@");
	return at === -1
		? { name: user, host: defaultHost }
		: { name: user.slice(0, at), host: user.slice(at + 1) };
}

/** Servers do not tell, so they are asked again. */
async function untilEnabled(
	ask: () => Promise<EnabledPush[]>,
	wished: (enabled: EnabledPush[]) => boolean,
	timeoutMs: number,
): Promise<EnabledPush[]> {
	const deadline = Date.now() + timeoutMs;
	for (;;) {
		const enabled = await ask();
		if (wished(enabled)) return enabled;
		if (Date.now() > deadline) {
			throw new Error(`registrations after ${timeoutMs} ms: ${JSON.stringify(enabled)}`);
		}
		await Bun.sleep(20);
	}
}
