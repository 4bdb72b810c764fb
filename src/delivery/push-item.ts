/** A publish on its way, and what can be said when nothing can. */
import type { Answer, Notification, PushClass } from "../types.ts";

/** A publish on its way. */
export interface Item {
	node: string;
	notification: Notification;
	version: number;
	expiresAt: number;
	attempts: number;
	/** The domain that published it, until it was found to be allowed. */
	publisher?: string | undefined;
	/** When it came; the outbox keeps only when it expires. */
	receivedAt?: number;
	/** Nobody hears its answer, or would publish it again. */
	isUnanswered?: true;
	/** It is in the outbox, and was answered for. */
	isPromised: boolean;
	/** It is tried from the outbox: one that was put there while it was on its way is not. */
	isRetry?: true;
	/** Told when its push service has answered: others may go in its place. Of one from the outbox. */
	onAnswered?: () => void;
	/** It is just being written to the outbox, with the time to try it at, and is answered then. */
	isBeingKept?: boolean;
	/** A newer one of its class went out while it was on its way: it must not come back. */
	isSuperseded?: true;
	/** The queue of the outbox that it belongs in, as far as is known. */
	gate?: string;
	/**
	 * That of one with a text of its own, or where the outbox has it; undefined: its publisher decides
	 * (outbox-writes.ts).
	 */
	slot?: string;
}

/** What became of an entry of the outbox that was tried. */
export type Tried =
	/** It is gone from the outbox, or has another time there. */
	| { kind: "done" }
	/** Its gate did not let it through: ask again at `at`, ms since the epoch, or when another one is through. */
	| { kind: "turned-away"; at: number; isFull?: true }
	/**
	 * Another push of its lane is on its way or held back, until `free`; it may supersede this one. `at`: about when that
	 * is, ms since the epoch, where it is known.
	 */
	| { kind: "taken"; free: Promise<void>; at?: number };

/** Of these classes a lane has one on its way, and few in a while: each says that there is something new. */
export const isThrottled = (pushClass: PushClass) => pushClass === "high" || pushClass === "low";

/** Why a publish is turned away that showed the right secret: its registration ended. */
export const NO_SUCH_REGISTRATION = "no such registration";

export const waitAnswer = (reason: string): Answer => ({ kind: "wait", reason });

/** Nothing was done about a push, and nothing can be said about it now: a database is away. */
export class Unavailable extends Error {
	override name = "Unavailable";
}

/** @throws {Unavailable} in place of whatever the database throws */
export const fromDatabase = <T>(query: () => Promise<T>): Promise<T> => query().catch(throwUnavailable);

function throwUnavailable(cause: unknown): never {
	throw new Unavailable("the database is not available", { cause });
}
