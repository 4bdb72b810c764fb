/**
 * The connector: keeps one XMPP account online, comes back after every loss, and answers what arrives.
 *
 * It never sends presence, so that nothing but what is addressed to the full JID reaches it.
 */
import type { Logger } from "@logtape/logtape";
import type { Element } from "@xmpp/xml";
import xml from "@xmpp/xml";
import type { XmppAccount } from "../config.ts";
import { faultOf } from "../store/fault.ts";
import type { Streams } from "../store/streams.ts";
import { NS } from "../xmpp/namespaces.ts";
import type { StanzaHandler } from "../xmpp/stanzas.ts";
import { createStreamManagement, NS_SM } from "./stream-management.ts";
import { addressOf, openStream, StreamFailure, type XmppStream } from "./xmpp-stream.ts";

export type ConnectorStatus =
	| { kind: "online" }
	| { kind: "away"; reason: string }
	/** Another session took the address: we do not fight for it. */
	| { kind: "stopped"; reason: string };

export interface ConnectorDeps {
	account: XmppAccount;
	streams: Streams;
	handle: StanzaHandler;
	/** Called each time the address is ours. */
	onOnline?(isResumed: boolean): void;
	/** Called when so many stanzas wait for an answer that the server may soon refuse to resume. */
	onBacklog(): void;
	log: Logger;
	random?: () => number;
	timing?: Partial<typeof TIMING>;
}

export interface Connector {
	status(): ConnectorStatus;
	/** Resolves at the first time the address is ours. */
	readonly online: Promise<void>;
	/**
	 * Takes no more stanzas, has the ones in hand finished, tells the server, and drops the connection so that
	 * the next process can resume.
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
	/** A session that lasts this long was no accident: the next loss is answered at once again. */
	stable: 30_000,
	/** For the last answers to be sent, and for the server to say that it has them, when stopping. */
	farewell: 2_000,
};

/** Prosody refuses to resume beyond 500 stanzas in its queue. */
const BACKLOG = 200;

export async function startConnector(deps: ConnectorDeps): Promise<Connector> {
	const { account, streams, handle, onBacklog, log, random = Math.random } = deps;
	const timing = { ...TIMING, ...deps.timing };
	const address = addressOf(account);
	let status: ConnectorStatus = { kind: "away", reason: "connecting" };
	let stream: XmppStream | undefined;
	const stopping = new AbortController();
	let lastLife = 0;
	let onlineSince: number | undefined;
	let wakeUp: (() => void) | undefined;
	const online = Promise.withResolvers<void>();

	const management = createStreamManagement(await streams.load(address), {
		save: (state) => (state ? streams.save(address, state) : streams.forget(address)),
		send: (element) => stream?.send(element),
		onFault: (error) =>
			log.error("The stream's state cannot be saved: {error}. A restart may miss publishes.", {
				error: faultOf(error),
			}),
	});

	function reply(element: Element) {
		management.sent(element);
		stream?.send(element);
	}

	function onStanza(stanza: Element, handled: () => void) {
		// Not counted as handled: the server sends it again to the next process.
		if (stopping.signal.aborted) return;
		if (management.inHand() > BACKLOG) onBacklog();
		handle(stanza)
			.then((answer) => answer && reply(answer))
			.catch((error: unknown) =>
				log.error("A stanza could not be answered: {error}", { error: faultOf(error) }),
			)
			.finally(handled);
	}

	/** Connects and stays until the connection is gone. @returns why it ended */
	async function session(): Promise<StreamFailure> {
		let opened: XmppStream;
		const hadStream = management.state() !== undefined;
		try {
			opened = await openStream({
				account,
				management,
				onStanza,
				onLife: () => {
					lastLife = Date.now();
				},
				onOpen: (open) => {
					stream = open;
				},
				deadlineMs: timing.deadline,
				signal: stopping.signal,
			});
		} catch (error) {
			return error instanceof StreamFailure ? error : new StreamFailure("other", String(error));
		}
		const { resumed, resumable } = opened;
		if (hadStream && !resumed) {
			log.warn(
				"{address}: the last stream could not be resumed: what was published meanwhile is lost. The README says how to have the server keep it longer.",
				{ address },
			);
		}
		status = { kind: "online" };
		onlineSince = performance.now();
		deps.onOnline?.(resumed);
		online.resolve();
		log.info(
			resumed ? "{address} is online: the stream was resumed, nothing was missed." : "{address} is online.",
			{
				address,
			},
		);
		if (!resumable) {
			log.warn(
				"{address}: the server cannot resume streams (XEP-0198): publishes that come while we are away are lost.",
				{ address },
			);
		}
		const heartbeat = setInterval(beat, timing.silence / 3);
		const failure = await opened.closed;
		clearInterval(heartbeat);
		stream = undefined;
		return failure;
	}

	function beat() {
		const silence = Date.now() - lastLife;
		if (silence > timing.silence + timing.grace) {
			log.warn("{address}: the server has been silent for {seconds} s.", {
				address,
				seconds: Math.round(silence / 1000),
			});
			stream?.drop();
		} else if (silence > timing.silence) {
			stream?.send(
				management.counts()
					? xml("r", { xmlns: NS_SM })
					: xml("iq", { type: "get", id: "ping", to: account.domain }, xml("ping", { xmlns: NS.ping })),
			);
		}
	}

	async function run() {
		/** Ends in a row of sessions that did not last. */
		let failures = 0;
		while (!stopping.signal.aborted) {
			onlineSince = undefined;
			const failure = await session();
			if (stopping.signal.aborted) return;
			if (onlineSince !== undefined && performance.now() - onlineSince >= timing.stable) failures = 0;
			if (failure.kind === "address-taken") {
				status = {
					kind: "stopped",
					reason: `${address} was taken over by another session (${failure.message})`,
				};
				log.error(
					"{address} was taken over by another session ({reason}): another Reveille with the same XMPP_USERNAME and XMPP_RESOURCE, or a chat client that uses this resource. This one leaves it alone, so that they do not fight, and goes on without XMPP: end the other, then restart this.",
					{ address, reason: failure.message },
				);
				return;
			}
			const delay = failure.kind === "credentials" ? timing.backoffCredentials : backoff(failures++);
			status = { kind: "away", reason: failure.message };
			log.warn("{address} is not online: {reason} Next try {when}.", {
				address,
				reason: failure.message,
				when: delay === 0 ? "at once" : `in ${Math.round(delay / 100) / 10} s`,
			});
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

	const running = run();

	return {
		status: () => status,
		online: online.promise,

		async stop(finish) {
			stopping.abort();
			wakeUp?.();
			await finish();
			if (stream) {
				const within = (step: Promise<void>) => Promise.race([step, Bun.sleep(timing.farewell)]);
				await within(management.answered());
				await management.acknowledgeAll();
				// The connection may be cut once the server has all that we sent.
				if (management.counts()) await within(management.flushed());
				stream?.drop();
			}
			await running;
		},
	};
}
