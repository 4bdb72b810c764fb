/**
 * Asks who has an account's address, by a second session under a resource of its own: before the address is taken for
 * the first time, and after another session took it from us. The session sends no presence, and the server does not
 * keep it after it ended.
 */
import type { Logger } from "@logtape/logtape";
import type { Element } from "@xmpp/xml";
import type { XmppAccount } from "../../config/connections.ts";
import { loginBounds } from "../../limits/bounds/login.ts";
import { createRequests, RequestFailed, type Requests } from "../../xmpp/requests.ts";
import { readSame, sameElement } from "../../xmpp/same-database.ts";
import { pause } from "../pause.ts";
import { StreamFailure, type StreamOptions, type XmppStream } from "../stream/stream.ts";
import { createStreamManagement } from "../stream/stream-management.ts";

/** All in ms. */
const TIMING = {
	/** A Reveille that has the address answers within this. */
	answer: loginBounds.holderAnswer.is as number,
	/** Between two questions of one that lost the address. */
	every: 30_000,
	/** The same while the server refuses the password: servers ban who tries a wrong one often. */
	everyRefused: 300_000,
	/** In which the address is taken back a few times at most: a client that also comes back each time is not fought. */
	within: 3_600_000,
};

/**
 * Who answered. `reveille`: one that serves the database of this value. `nobody`: the server says that there is no such
 * session, or a client does not know the question, which cannot be told apart. `silent`: no answer in time, as of
 * a session that waits to be resumed. `left`: the one that has it leaves it to us now. `other`: none of these.
 */
export type Holder =
	| { kind: "reveille"; value: string }
	| { kind: "nobody" }
	| { kind: "silent" }
	| { kind: "left" }
	| { kind: "other" };

export interface AddressCheck {
	/** Asks once, by a session that ends with it. @throws {StreamFailure} */
	ask(signal: AbortSignal): Promise<Holder>;
	/**
	 * Asks until the address may be taken back.
	 * @returns false: the signal came first
	 */
	untilFree(signal: AbortSignal, told: WaitingEvents): Promise<boolean>;
}

/** What may be told while the address is another's; each once. */
export interface WaitingEvents {
	/** A Reveille has it, which serves the database of this value. */
	onReveille(value: string): void;
	/** It is free, but was taken back too often: it may be again after so many ms. */
	onLimit(waitMs: number): void;
}

export interface AddressCheckOptions {
	account: XmppAccount;
	/** Which database we serve. */
	value: string;
	/** Opens a stream of the account. @throws {StreamFailure} */
	open(account: XmppAccount, options: StreamOptions): Promise<XmppStream>;
	/** For a session to be opened, ms. */
	deadlineMs: number;
	log: Logger;
	timing?: Partial<typeof TIMING>;
}

/** A second session that is open. */
interface Asking {
	/** @throws {StreamFailure} the session ended */
	ask(): Promise<Holder>;
	/** Resolves when `ask` would say at once that the address is left to us. */
	left(): Promise<void>;
	/** Whether the server still answers there, as far as is known. */
	isAlive(): boolean;
	drop(): void;
}

export function createAddressCheck(options: AddressCheckOptions): AddressCheck {
	const { account, log } = options;
	const { address } = account;
	const timing = { ...TIMING, ...options.timing };
	const openAsker = (signal: AbortSignal) => openAsking(options, timing.answer, signal);
	/** When it was taken back, by the process's own clock, ms. */
	let takenBack: number[] = [];

	/** How long until it may be taken back, ms. */
	function restMs(): number {
		const now = performance.now();
		takenBack = takenBack.filter((at) => now - at < timing.within);
		const [first = now] = takenBack;
		return takenBack.length < loginBounds.takenBack.is ? 0 : first + timing.within - now;
	}

	return {
		async ask(signal) {
			const asking = await openAsker(signal);
			return asking.ask().finally(asking.drop);
		},

		async untilFree(signal, { onReveille, onLimit }) {
			let asking: Asking | undefined;
			let isReveilleTold = false;
			let isLimitTold = false;
			while (!signal.aborted) {
				let holder: Holder = { kind: "silent" };
				let restsMs = timing.every;
				try {
					if (!asking?.isAlive()) {
						asking?.drop();
						asking = undefined;
						asking = await openAsker(signal);
					}
					holder = await asking.ask();
				} catch (error) {
					if (error instanceof StreamFailure && error.kind === "credentials") restsMs = timing.everyRefused;
					log.debug("{address}: nobody could be asked who has it: {error}", {
						address,
						error: String(error),
					});
				}
				if (holder.kind === "reveille" && !isReveilleTold) {
					isReveilleTold = true;
					onReveille(holder.value);
				}
				const isFree = holder.kind === "nobody" || holder.kind === "left";
				const rest = isFree ? restMs() : 0;
				if (isFree && rest === 0) {
					takenBack.push(performance.now());
					asking?.drop();
					return true;
				}
				if (isFree && !isLimitTold) {
					isLimitTold = true;
					onLimit(rest);
				}
				const paused = pause(restsMs, signal);
				await (asking ? Promise.race([paused, asking.left()]) : paused);
			}
			asking?.drop();
			return false;
		},
	};
}

/** Logs in under a resource that nobody else has. @throws {StreamFailure} */
async function openAsking(
	{ account, value, deadlineMs, open }: AddressCheckOptions,
	answerMs: number,
	signal: AbortSignal,
): Promise<Asking> {
	const { address, username, domain } = account;
	const resource = `asks-${crypto.randomUUID()}`;
	let stream: XmppStream | undefined;
	let isOpen = true;
	let askedAt = 0;
	let heardAt = 0;
	let isSilent = false;
	let isLeft = false;
	let leaving = Promise.withResolvers<void>();
	const requests = createRequests((stanza) => stream?.send(stanza), { deadlineMs: answerMs });

	const opened = await open(
		{ ...account, resource, address: `${username}@${domain}/${resource}` },
		{
			// There is nothing to resume: whoever asks anew logs in anew.
			management: createStreamManagement(undefined, { save: async () => {}, send() {}, onFault() {} }),
			isKept: false,
			onStanza(stanza, handled) {
				handled();
				if (!requests.take(stanza) && isLeaving(stanza, address)) {
					isLeft = true;
					leaving.resolve();
				}
			},
			onLife: () => {
				heardAt = performance.now();
			},
			onOpen: (fresh) => {
				stream = fresh;
			},
			deadlineMs,
			signal,
		},
	);
	const drop = () => opened.drop();
	signal.addEventListener("abort", drop, { once: true });
	const ended = opened.closed.then((failure) => {
		isOpen = false;
		signal.removeEventListener("abort", drop);
		throw failure;
	});
	// Nobody may be asking when it ends.
	ended.catch(() => {});

	return {
		async ask() {
			askedAt = performance.now();
			const answer = isLeft ? undefined : askHolder(requests, address, value);
			const holder = await Promise.race([leaving.promise, answer ?? leaving.promise, ended]);
			if (isLeft || !holder) {
				isLeft = false;
				leaving = Promise.withResolvers();
				return { kind: "left" };
			}
			isSilent = holder.kind === "silent";
			// Whether that was the server's silence shows at the next question.
			if (isSilent) opened.probe();
			return holder;
		},
		left: () => leaving.promise,
		isAlive: () => isOpen && !(isSilent && heardAt < askedAt),
		drop,
	};
}

/**
 * Asks an address who has it.
 * @param value which database we serve
 */
export const askHolder = ({ ask }: Pick<Requests, "ask">, address: string, value: string): Promise<Holder> =>
	ask("get", address, sameElement(value)).then(holderIn, holderOf);

/** What who leaves the address tells who waits for it. Servers stamp who sends. */
const isLeaving = (stanza: Element, address: string) =>
	stanza.is("message") &&
	stanza.attrs.type !== "error" &&
	stanza.attrs.from === address &&
	readSame(stanza) !== undefined;

function holderIn(answer: Element): Holder {
	const value = readSame(answer);
	return value === undefined ? { kind: "other" } : { kind: "reveille", value };
}

function holderOf(error: unknown): Holder {
	const condition = error instanceof RequestFailed ? error.condition : "";
	if (condition === "service-unavailable") return { kind: "nobody" };
	return { kind: condition === "remote-server-timeout" ? "silent" : "other" };
}
