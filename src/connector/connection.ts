/**
 * A connection: keeps one address online, be it an account's or a component's; comes back after every loss, and
 * answers what arrives.
 *
 * It never sends presence, so that nothing but what is addressed to an account's full JID reaches it.
 */
import type { Logger } from "@logtape/logtape";
import type { Element } from "@xmpp/xml";
import xml from "@xmpp/xml";
import type { XmppConnection } from "../config/connections.ts";
import { stanzaBounds } from "../limits/bounds/stanzas.ts";
import { faultOf } from "../store/database-fault.ts";
import type { StreamState, Streams } from "../store/local/streams.ts";
import { sameElement } from "../xmpp/same-database.ts";
import type { StanzaHandler } from "../xmpp/stanzas.ts";
import type { AddressCheckOptions } from "./address/address-check.ts";
import { type AddressClaim, createAddressClaim } from "./address/address-claim.ts";
import type { Others } from "./address/other-databases.ts";
import type { SameDatabase } from "./address/same-database.ts";
import type { StreamLease } from "./address/stream-lease.ts";
import { createOutgoing } from "./outgoing.ts";
import { createWays } from "./server/discovery.ts";
import { openAccountStream } from "./stream/account-stream.ts";
import { openComponentStream } from "./stream/component-stream.ts";
import { startHeartbeat } from "./stream/heartbeat.ts";
import { StreamFailure, type StreamOptions, type XmppStream } from "./stream/stream.ts";
import { createStreamManagement, type StreamManagement } from "./stream/stream-management.ts";

export type ConnectionStatus =
	/** `fault`: another Reveille, with another database, is beside us, or it is not known yet whether one is. */
	| { kind: "online"; fault?: string }
	| { kind: "away"; reason: string }
	/** Another Reveille has the address; this one takes over when that is gone. */
	| { kind: "standby"; reason: string }
	/** Another session took the address: we do not fight for it. */
	| { kind: "stopped"; reason: string };

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
	timing?: Partial<typeof TIMING> & AddressCheckOptions["timing"];
}

export interface Connection {
	status(): ConnectionStatus;
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

/** All in ms. */
const TIMING = {
	/** For connecting, logging in and binding together. */
	deadline: 15_000,
	/** The first reconnect is immediate: on ejabberd every publish that finds us away costs a registration. */
	backoffFirst: 500,
	backoffLongest: 60_000,
	/** A wrong password is mended by a person, and servers ban who tries it often. */
	backoffCredentials: 300_000,
	/** Ask whether the server is still there after this much silence, … */
	silence: 30_000,
	/** … and hold the connection for dead after this much more. */
	grace: 15_000,
	/** How often to ask for an address that another connection has: that one's end is not told. */
	standby: 1_000,
	/** A session that lasts this long was no accident: the next loss is answered at once again. */
	stable: 30_000,
	/** Between two looks at whether too many stanzas still wait for an answer. */
	backlog: 100,
	/** For the last answers to be sent, and for the server to say that it has them, when stopping. */
	farewell: 2_000,
};

/**
 * How many stanzas may wait for an answer, and how old those are that are put on disk beyond it, ms. An account: Prosody
 * refuses to resume beyond 500 in its queue. A component: bounds memory. A machine that is only busy has many there
 * too, each for a moment: writing them to disk as well would make it slower still.
 */
const BACKLOG = {
	account: { most: 200, olderThanMs: 0 },
	component: { most: 2_000, olderThanMs: 1_000 },
};

/** What is so for many tries is said at the tenth, the twentieth, the fortieth, and so on. */
const isWorthSaying = (tries: number) => tries % 10 === 0 && Number.isInteger(Math.log2(tries / 10));

export async function startConnection(deps: ConnectionDeps): Promise<Connection> {
	const { settings: connection, streams, handle, others, onBacklog, log, random = Math.random } = deps;
	const { kind, address } = connection;
	const timing = { ...TIMING, ...deps.timing };
	let status: ConnectionStatus = { kind: "away", reason: "connecting" };
	let stream: XmppStream | undefined;
	const stopping = new AbortController();
	let isTaking = true;
	let lastLife = 0;
	let onlineSince: number | undefined;
	let wakeUp: (() => void) | undefined;
	/** How large a stanza may be that we send, bytes: as the latest stream has it. */
	let mostBytes: number = stanzaBounds.sent.is;
	const online = Promise.withResolvers<void>();

	const isAccount = kind === "account";
	/** Ends a wait for the address: it is another holder's to get back. */
	let stopWaiting: (() => void) | undefined;
	const lease = isAccount ? deps.lease?.(onLeaseLost) : undefined;
	let management = manage(isAccount && !lease ? await streams.load(address) : undefined);

	const ways = connection.kind === "account" ? createWays(connection, { log }) : undefined;
	const same = deps.sameDatabase;
	const claim =
		connection.kind === "account" && same
			? createAddressClaim({
					account: connection,
					same,
					open: (account, options) => openAccountStream(account, { ...options, ways }),
					deadlineMs: timing.deadline,
					log,
					...(deps.timing && { timing: deps.timing }),
				})
			: undefined;

	function onLeaseLost() {
		stream?.drop();
		stopWaiting?.();
	}

	function manage(saved: StreamState | undefined): StreamManagement {
		// What came in before another one had the address is no part of today's stream.
		const isCurrent = () => own === management;
		const own = createStreamManagement(saved, {
			save: async (state) => {
				if (!isAccount || !isCurrent()) return;
				if (lease) await lease.save(state);
				else await (state ? streams.save(address, state) : streams.forget(address));
			},
			send: (element) => isCurrent() && stream?.send(element),
			onFault: (error) =>
				log.error("{address}: the stream's state cannot be saved: {error}. A restart may miss publishes.", {
					address,
					error: faultOf(error),
				}),
		});
		return own;
	}

	const open = (options: StreamOptions) =>
		connection.kind === "account"
			? openAccountStream(connection, options)
			: openComponentStream(connection, options);

	const { reply, send } = createOutgoing({
		address,
		mostBytes: () => mostBytes,
		pass(stanza, bytes) {
			management.sent(stanza, bytes);
			stream?.send(stanza);
		},
		log,
	});

	function onStanza(stanza: Element, handled: () => void) {
		// Not counted as handled: the server sends it again to the next process. A component's has no answer.
		if (!isTaking) return isAccount ? undefined : handled();
		if (management.inHand() > BACKLOG[kind].most) void relieve();
		handle(stanza)
			.then((answer) => answer && reply(answer))
			.catch((error: unknown) =>
				log.error("{address}: a stanza could not be answered: {error}", { address, error: faultOf(error) }),
			)
			.finally(handled);
	}

	let isRelieving = false;

	/** Once for all of them: a backlog grows with each stanza, and each would have all the others written again. */
	async function relieve() {
		if (isRelieving) return;
		isRelieving = true;
		const { most, olderThanMs } = BACKLOG[kind];
		try {
			while (management.inHand() > most) {
				await onBacklog(olderThanMs);
				await Bun.sleep(timing.backlog);
			}
		} finally {
			isRelieving = false;
		}
	}

	/** Connects and stays until the connection is gone. @returns why it ended */
	async function session(): Promise<StreamFailure> {
		let opened: XmppStream;
		const hadStream = management.state() !== undefined;
		try {
			opened = await open({
				management,
				ways,
				onStanza,
				isAwaited: (head) => deps.isAwaited?.(head) ?? false,
				others,
				onLife: () => {
					lastLife = performance.now();
				},
				onOpen: (fresh) => {
					stream = fresh;
					mostBytes = fresh.mostBytes;
				},
				deadlineMs: timing.deadline,
				signal: stopping.signal,
			});
		} catch (error) {
			return error instanceof StreamFailure ? error : new StreamFailure("other", String(error));
		}
		const { resumed } = opened;
		if (hadStream && !resumed) {
			log.warn(
				"{address}: the last stream could not be resumed: what was published meanwhile is lost. docs/xmpp-servers.md says for how long a server keeps it, and which setting raises that.",
				{ address },
			);
		}
		status = { kind: "online" };
		claim?.taken();
		onlineSince = performance.now();
		deps.onOnline?.(resumed, opened);
		online.resolve();
		log.info(
			resumed ? "{address} is online: the stream was resumed, nothing was missed." : "{address} is online.",
			{ address },
		);
		const stopHeartbeat = startHeartbeat(opened, {
			...timing,
			lastLife: () => lastLife,
			onDead: (silence) =>
				log.warn("{address}: the server has been silent for {seconds} s.", {
					address,
					seconds: Math.round(silence / 1000),
				}),
		});
		const stopAsking = others?.ask(opened.probe);
		const failure = await opened.closed;
		stopHeartbeat();
		stopAsking?.();
		stream = undefined;
		if (failure.isStreamError) management.streamFailed();
		return failure;
	}

	/** @returns whether the server goes on behind what could not be received */
	async function passOver({ message }: StreamFailure): Promise<boolean> {
		status = { kind: "away", reason: message };
		// The count is of all that came before it.
		void onBacklog(0);
		await Promise.race([management.answered(), Bun.sleep(timing.deadline)]);
		if (!(await management.passOver())) return false;
		log.warn("{address}: {reason} It is passed over, and the stream is resumed behind it.", {
			address,
			reason: message,
		});
		return true;
	}

	/** @returns false if the end came first */
	async function take(): Promise<boolean> {
		const taken = lease ? await lease.take(standBy, stopping.signal) : "kept";
		if (taken && taken !== "kept") management = manage(taken.state);
		return taken !== undefined;
	}

	/** What another session ended cannot be resumed, and after a restart its holder is asked first. */
	async function forgetStream() {
		const forgotten = lease ? lease.save(undefined) : streams.forget(address);
		management = manage(undefined);
		await forgotten.catch(() => {});
	}

	async function untilTakenBack({ takenBack }: AddressClaim) {
		const waiting = new AbortController();
		stopWaiting = () => waiting.abort();
		await forgetStream();
		await takenBack(AbortSignal.any([stopping.signal, waiting.signal]));
		stopWaiting = undefined;
	}

	function standBy() {
		if (status.kind === "standby") return;
		status = { kind: "standby", reason: `another Reveille has ${address}; this one stands by` };
		log.info("{address}: another Reveille has it. This one stands by, and takes over when that is gone.", {
			address,
		});
	}

	async function run() {
		/** Ends in a row of sessions that did not last. */
		let failures = 0;
		/** Of these, those in a row that ended for the same reason. */
		let tries = 0;
		const delayAfter = ({ kind }: StreamFailure) => {
			if (kind === "address-held") return timing.standby;
			return kind === "credentials" ? timing.backoffCredentials : backoff(failures++);
		};
		while (!stopping.signal.aborted) {
			onlineSince = undefined;
			if (!(await take())) return;
			// What can be resumed is ours.
			const refusal = management.state() ? undefined : await claim?.refusal(stopping.signal);
			const failure = refusal ?? (await session());
			if (stopping.signal.aborted) return;
			if (failure.kind === "address-held" || failure.kind === "address-taken") others?.refused();
			if (failure.kind === "too-big" && (await passOver(failure))) continue;
			if (failure.kind === "address-taken" && lease && !(await lease.isOurs(stopping.signal))) continue;
			if (onlineSince !== undefined && performance.now() - onlineSince >= timing.stable) failures = 0;
			if (failure.kind === "address-foreign") {
				status = { kind: "stopped", reason: failure.message };
				// Who does not serve keeps nobody from it.
				await lease?.leave();
				return;
			}
			if (failure.kind === "address-taken") {
				status = {
					kind: "stopped",
					reason: `${address} was taken over by another session (${failure.message})`,
				};
				const line =
					"{address} was taken over by another session ({reason}): {other}. This one leaves it alone, so that they do not fight, and goes on without it: end the other";
				log.error(
					claim
						? `${line}. This one asks every 30 s, and takes the address back when it is free.`
						: `${line}, then restart this.`,
					{
						address,
						reason: failure.message,
						other: isAccount
							? "another Reveille with the same account and resource, or a chat client that uses this resource"
							: "another Reveille with the same domain",
					},
				);
				if (!claim) return;
				await untilTakenBack(claim);
				continue;
			}
			const isNews = status.kind !== "away" || status.reason !== failure.message;
			status = { kind: "away", reason: failure.message };
			const delay = delayAfter(failure);
			tries = isNews ? 1 : tries + 1;
			// Who stands by asks often, and says it once.
			if (isNews || (failure.kind !== "address-held" && isWorthSaying(tries))) {
				log.warn("{address} is not online: {reason} {tries}Next try {when}.", {
					address,
					reason: failure.message,
					tries: isNews ? "" : `It is so for ${tries} tries now. `,
					when: delay === 0 ? "at once" : `in ${Math.round(delay / 100) / 10} s`,
				});
			}
			await new Promise<void>((resolve) => {
				const timer = setTimeout(resolve, delay);
				wakeUp = () => {
					clearTimeout(timer);
					resolve();
				};
			});
		}
	}

	/** ms before the next try; the first after a loss is immediate. */
	function backoff(failures: number): number {
		if (failures === 0) return 0;
		const ceiling = Math.min(timing.backoffFirst * 2 ** (failures - 1), timing.backoffLongest);
		return ceiling * (0.5 + random() / 2);
	}

	/**
	 * A session that is left to be resumed answers nobody, and what is published into it comes to nothing if this one does
	 * not come back. So who took the address from a Reveille that still waits for it gives it back: that one takes it,
	 * and there is no moment in which nobody has it.
	 */
	async function leaveToWaiting() {
		const to = claim?.successor();
		if (to === undefined || !same || !stream) return;
		const within = <T>(step: Promise<T>) => Promise.race([step, Bun.sleep(timing.farewell)]);
		const { closed, send: tell } = stream;
		await within(management.answered());
		await management.acknowledgeAll();
		// The connection may be gone by now.
		tell(xml("message", { to }, sameElement(same.value)));
		const failure = await within(closed);
		// A connection that is lost otherwise gives the address to nobody: its stream is for our next start.
		if (failure?.kind !== "address-taken") return;
		log.info("{address} is left to the Reveille that had it before, and waited for it.", { address });
		await forgetStream();
	}

	const running = run();

	return {
		status() {
			const fault = status.kind === "online" ? others?.fault() : undefined;
			return fault === undefined ? status : { kind: "online", fault };
		},
		service: () => ways?.service() ?? connection.service,
		online: online.promise,
		send,

		async stop(finish) {
			stopping.abort();
			wakeUp?.();
			await leaveToWaiting();
			isTaking = !isAccount;
			await finish();
			isTaking = false;
			if (stream) {
				const within = (step: Promise<void>) => Promise.race([step, Bun.sleep(timing.farewell)]);
				// What came while the rest was finished.
				if (!isAccount) void onBacklog(0);
				await within(management.answered());
				await management.acknowledgeAll();
				// The connection may be cut once the server has all that we sent.
				if (management.counts()) await within(management.flushed());
				await within(stream?.leave() ?? Promise.resolve());
				stream?.drop();
			}
			await running;
			await lease?.leave();
		},
	};
}
