/**
 * A UnifiedPush distributor over XMPP, as Conversations is one: written from its rules (UnifiedPushBroker and
 * UnifiedPushDatabase of Conversations 2.12 to 2.17), on a client of the tests' own.
 */
import { createHash } from "node:crypto";
import { xml } from "@xmpp/client";
import type { Element } from "@xmpp/xml";
import { PATIENCE_MS } from "./patience.ts";
import { connectUser, type User, type UserOptions } from "./user.ts";

const UNIFIED_PUSH = "http://gultsch.de/xmpp/drafts/unified-push";
const DAY_MS = 86_400_000;

/** What an app on the phone was given. */
export interface Endpoint {
	readonly url: string;
	/** ms since the epoch. */
	readonly expiresAt: number;
}

/** A phone with apps. It is the same one over all its connections. */
export interface Distributor {
	/** The connection of now. @throws while there is none */
	user(): User;
	/** Logs in and binds: initial presence, presence to the push server, and renewals of what expires within a day. */
	connect(): Promise<void>;
	goOffline(): Promise<void>;
	/** Loses the connection without a word: its session can be resumed. */
	cut(): Promise<void>;
	/** An app asks for an endpoint. @throws {StanzaError} as the push server answers */
	register(app: string): Promise<Endpoint>;
	/** The app is uninstalled: from now on its pushes are answered with `item-not-found`. */
	uninstall(app: string): void;
	/** What an app's pushes are answered with from now on; undefined: as by the rules. `silence`: with nothing. */
	answerWith(condition: string | "silence" | undefined): void;
	/** The next push that an app gets, in the order they came. @throws at the deadline */
	next(app: string, timeoutMs?: number): Promise<Buffer>;
	/** All that the apps got and nobody took. */
	rest(): number;
}

export interface DistributorOptions extends Omit<UserOptions, "resource"> {
	/** A bare JID or a domain. */
	pushServer: string;
	now?(): number;
}

/** Conversations' `UnifiedPushDistributor.hash`. */
const hash = (...parts: string[]) => createHash("sha256").update(parts.join("\0")).digest("base64");

export function createDistributor({ pushServer, now = Date.now, ...login }: DistributorOptions): Distributor {
	/** Of the account on this phone, made when it is added. */
	const account = crypto.randomUUID();
	const resource = `Conversations.${account.slice(0, 4)}`;
	/** The apps, each with the token by which its instance is known. */
	const apps = new Map<string, { instance: string; endpoint: Endpoint | undefined }>();
	const arrived: { app: string; body: Buffer }[] = [];
	const waiting = new Set<() => void>();
	let connection: User | undefined;
	let behaviour: string | undefined;

	const user = () => {
		if (!connection) throw new Error("the phone is not connected");
		return connection;
	};
	const hashesOf = (app: string, instance: string) => ({
		application: hash(account, app),
		instance: hash(account, instance),
	});

	async function register(app: string): Promise<Endpoint> {
		const known = apps.get(app) ?? { instance: crypto.randomUUID(), endpoint: undefined };
		apps.set(app, known);
		const answer = await user().iq(
			"set",
			xml("register", { xmlns: UNIFIED_PUSH, ...hashesOf(app, known.instance) }),
			pushServer,
		);
		const registered = answer.getChild("registered", UNIFIED_PUSH);
		const url = String(registered?.attrs.endpoint);
		const expiresAt = Date.parse(String(registered?.attrs.expiration));
		// It takes no other: `Registered.getEndpoint` and `getExpiration` have to parse.
		if (!URL.canParse(url) || Number.isNaN(expiresAt)) throw new Error(`no endpoint: ${answer}`);
		known.endpoint = { url, expiresAt };
		return known.endpoint;
	}

	/** What the client answers to an IQ of its push server. */
	async function handle({ element, stanza }: { element: Element; stanza: Element }): Promise<Element | true> {
		if (behaviour === "silence") return new Promise<never>(() => {});
		const { application, instance } = element.attrs;
		const app = [...apps].find(([name, its]) => {
			const hashes = hashesOf(name, its.instance);
			return hashes.application === application && hashes.instance === instance;
		})?.[0];
		// `processPushMessage`: of nobody but the push server that the user named.
		const isKnown = app !== undefined && stanza.attrs.from === pushServer;
		const condition = behaviour ?? (isKnown ? undefined : "item-not-found");
		if (condition !== undefined) {
			const stanzas = { xmlns: "urn:ietf:params:xml:ns:xmpp-stanzas" };
			return xml("error", { type: "cancel" }, xml(condition, stanzas));
		}
		arrived.push({ app: app ?? "", body: Buffer.from(element.text(), "base64") });
		for (const look of [...waiting]) look();
		return true;
	}

	return {
		user,

		async connect() {
			connection = await connectUser({ ...login, resource });
			// The client answers each IQ once: what nobody handles, with an error.
			connection.client.iqCallee.set(UNIFIED_PUSH, "push", handle as never);
			await connection.online();
			// `UnifiedPushBroker.renewUnifiedPushEndpointsOnBind`: directed presence, then what expires soon.
			await connection.send(xml("presence", { to: pushServer }));
			for (const [app, { endpoint }] of apps)
				if (endpoint && endpoint.expiresAt - now() <= DAY_MS) await register(app);
		},

		async goOffline() {
			await connection?.goOffline();
			connection = undefined;
		},

		async cut() {
			await connection?.cutConnection();
			connection = undefined;
		},

		register,
		uninstall: (app) => void apps.delete(app),
		answerWith: (condition) => {
			behaviour = condition;
		},

		async next(app, timeoutMs = PATIENCE_MS) {
			const deadline = AbortSignal.timeout(timeoutMs);
			for (;;) {
				const at = arrived.findIndex((one) => one.app === app);
				const [found] = at === -1 ? [] : arrived.splice(at, 1);
				if (found) return found.body;
				if (deadline.aborted) throw new Error(`${app} got no push within ${timeoutMs} ms`);
				await new Promise<void>((resolve) => {
					const done = () => {
						waiting.delete(done);
						deadline.removeEventListener("abort", done);
						resolve();
					};
					waiting.add(done);
					deadline.addEventListener("abort", done);
				});
			}
		},

		rest: () => arrived.length,
	};
}
