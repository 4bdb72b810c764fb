/**
 * A connection: keeps one address online, be it an account's or a component's; comes back after every loss, and
 * answers what arrives.
 *
 * It never sends presence, so that nothing but what is addressed to an account's full JID reaches it.
 */
import type { Logger } from "@logtape/logtape";
import type { Element } from "@xmpp/xml";
import type { XmppConnection } from "../config/connections.ts";
import type { Streams } from "../store/local/streams.ts";
import type { StanzaHandler } from "../xmpp/stanzas.ts";
import type { AddressCheckOptions } from "./address/address-check.ts";
import { type AddressClaim, createAddressClaim } from "./address/address-claim.ts";
import type { Others } from "./address/other-databases.ts";
import type { SameDatabase } from "./address/same-database.ts";
import type { StreamLease } from "./address/stream-lease.ts";
import { createCurrentStream } from "./connection/current-stream.ts";
import { createIncoming } from "./connection/incoming.ts";
import { keepOnline } from "./connection/keep-online.ts";
import { openKeptStream } from "./connection/kept-stream.ts";
import { giveBack, leave } from "./connection/leaving.ts";
import { createOutgoing } from "./connection/outgoing.ts";
import { holdSession } from "./connection/session.ts";
import { type ConnectionStatus, createStatus } from "./connection/status.ts";
import { type ConnectionTiming, TIMING } from "./connection/timing.ts";
import { createWays, type Ways } from "./server/discovery.ts";
import { openAccountStream } from "./stream/account-stream.ts";
import { openComponentStream } from "./stream/component-stream.ts";
import type { StreamOptions, XmppStream } from "./stream/stream.ts";

export type { ConnectionStatus } from "./connection/status.ts";

export interface ConnectionDeps {
	settings: XmppConnection;
	streams: Streams;
	/** An account's: tells Reveilles of other databases from ours. Missing: nobody is asked before the address is taken. */
	sameDatabase?: SameDatabase | undefined;
	/** Where several processes have the same account and one database. @param onLost another one has the address */
	lease?: ((onLost: () => void) => StreamLease) | undefined;
	/** Whether a Reveille of another database has the address too; a component's. */
	others?: Others | undefined;
	handle: StanzaHandler;
	/** Whether a stanza, by its own tag, answers a request of ours: it may be longer. Default: none does. */
	isAwaited?(head: Element): boolean;
	/** Called each time a stream is open, before anything that comes by it is looked at. */
	onOpen?(): void;
	/** Called each time the address is ours. */
	onOnline?(isResumed: boolean, stream: XmppStream): void;
	/**
	 * Called when too many stanzas wait for an answer, to have them answered from the outbox; again only when it
	 * resolved, and some time later.
	 * @param olderThanMs those that came later are about to be answered
	 */
	onBacklog(olderThanMs: number): Promise<void>;
	log: Logger;
	random?: () => number;
	timing?: Partial<ConnectionTiming> & AddressCheckOptions["timing"];
}

export interface Connection {
	status(): ConnectionStatus;
	/** Since when the address is ours, ms since the epoch; 0: it is not. */
	onlineSince(): number;
	/** The server's URL, as the operator gave it or as it was found last. */
	service(): string | undefined;
	/** Resolves at the first time the address is ours. */
	readonly online: Promise<void>;
	/**
	 * Sends a stanza of our own. While we are away, an account's is kept for when it is resumed; a component's is
	 * lost.
	 */
	send(stanza: Element): void;
	/**
	 * Has the stanzas in hand finished, and leaves: an account takes no more meanwhile, and drops the connection so
	 * that the next process can resume; a component, for which nothing waits, serves until it closes the stream.
	 * @param finish answers all that is in hand
	 */
	stop(finish: () => Promise<void>): Promise<void>;
}

export async function startConnection(deps: ConnectionDeps): Promise<Connection> {
	const { settings, streams, sameDatabase, others, handle, onBacklog, log, random = Math.random } = deps;
	const { kind, address } = settings;
	const timing = { ...TIMING, ...deps.timing };
	const stopping = new AbortController();
	const online = Promise.withResolvers<void>();

	const status = createStatus({ address, kind, timing, log });
	const ways = kind === "account" ? createWays(settings, { log }) : undefined;
	const claim = claimOf(deps, ways, timing.deadline);
	const current = createCurrentStream();
	const isKept = kind === "account";
	const kept = await openKeptStream({ address, isKept, streams, lease: deps.lease, current, log });
	const outgoing = createOutgoing({
		address,
		mostBytes: current.mostBytes,
		pass(stanza, bytes) {
			kept.management().sent(stanza, bytes);
			current.send(stanza);
		},
		log,
	});
	const incoming = createIncoming({
		address,
		kind,
		handle,
		reply: outgoing.reply,
		inHand: () => kept.management().inHand(),
		onBacklog,
		pauseMs: timing.backlog,
		log,
	});

	const session = () =>
		holdSession({
			address,
			open: (options) => openStream(settings, { ...options, ways }),
			management: kept.management(),
			current,
			incoming,
			isAwaited: (head) => deps.isAwaited?.(head) ?? false,
			others,
			onOpen: deps.onOpen,
			onOnline(stream) {
				claim?.taken();
				status.online(stream.resumed);
				deps.onOnline?.(stream.resumed, stream);
				online.resolve();
			},
			timing,
			signal: stopping.signal,
			log,
		});

	const running = keepOnline({
		address,
		status,
		kept,
		claim,
		others,
		session,
		onBacklog,
		random,
		timing,
		stopping: stopping.signal,
		log,
	});

	return {
		status() {
			const now = status.now();
			const fault = now.kind === "online" ? others?.fault() : undefined;
			return fault === undefined ? now : { kind: "online", fault };
		},
		onlineSince: status.onlineSince,
		service: () => ways?.service() ?? settings.service,
		online: online.promise,
		send: outgoing.send,

		async stop(finish) {
			const withinMs = timing.farewell;
			stopping.abort();
			const successor = claim?.successor();
			if (successor !== undefined && sameDatabase) {
				await giveBack(successor, sameDatabase.value, { address, current, kept, withinMs, log });
			}
			if (kind === "account") incoming.close();
			await finish();
			incoming.close();
			if (current.get()) {
				// What came while the rest was finished.
				if (kind === "component") void onBacklog(0);
				await leave({ current, kept, withinMs });
			}
			await running;
			await kept.leave();
		},
	};
}

const openStream = (settings: XmppConnection, options: StreamOptions): Promise<XmppStream> =>
	settings.kind === "account" ? openAccountStream(settings, options) : openComponentStream(settings, options);

/** When an account's address may be taken; undefined: a component's, or nobody is asked. */
function claimOf(
	{ settings, sameDatabase: same, timing, log }: ConnectionDeps,
	ways: Ways | undefined,
	deadlineMs: number,
): AddressClaim | undefined {
	if (settings.kind !== "account" || !same) return undefined;
	return createAddressClaim({
		account: settings,
		same,
		open: (account, options) => openAccountStream(account, { ...options, ways }),
		deadlineMs,
		log,
		...(timing && { timing }),
	});
}
