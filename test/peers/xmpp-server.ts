/**
 * What the tests and the demo ask of a real XMPP server, whichever program it is.
 */

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

/** Settings both servers know. */
export interface XmppServerOptions {
	/** The domains it serves; the first one is the default everywhere. Default: `example.org`. */
	hosts?: string[];
	components?: ComponentAccount[];
	/** XEP-0198: how many seconds a session waits to be resumed. Default: the program's own. */
	resumeSeconds?: number;
	/** XEP-0198: how many stanzas it keeps for one session. Default: the program's own. */
	resumeQueue?: number;
	/** Limit the clients' rate as the packaged configuration does. Default: no limit. */
	limits?: "stock" | "none";
	/** Bare JIDs that a limit does not hold for. */
	unlimited?: string[];
}

/** A real XMPP server on loopback, with data and ports of its own. */
export interface XmppServer {
	readonly program: "prosody" | "ejabberd";
	/** The first domain served. */
	readonly host: string;
	/** Where clients connect (RFC 7395), without TLS. */
	readonly websocketUrl: string;
	/** Where clients connect over TCP, without TLS. */
	readonly tcpUrl: string;
	/** Where components connect: `xmpp://127.0.0.1:port`. */
	readonly componentUrl: string;
	readonly ports: Readonly<{ http: number; c2s: number; component: number }>;
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

/** Splits `name` or `name@host`. */
export function splitUser(user: string, defaultHost: string): { name: string; host: string } {
	const at = user.indexOf("@");
	return at === -1
		? { name: user, host: defaultHost }
		: { name: user.slice(0, at), host: user.slice(at + 1) };
}

/** The shared half of {@link XmppServer.untilPushEnabled}: servers do not tell, so they are asked again. */
export async function untilEnabled(
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
