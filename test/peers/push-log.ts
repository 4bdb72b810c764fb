/**
 * What the doubles of push services have in common: they keep what came for a test to wait for and look at, and
 * answer otherwise when told to.
 */

import { createInbox } from "./inbox.ts";
import { PATIENCE_MS } from "./patience.ts";
import { createReplies, type Replies } from "./replies.ts";

/** A request that came, accepted or not. */
export interface LoggedPush {
	/** The device's token, as far as the request named one. */
	readonly token: string;
	/** What was answered; undefined while the answer is held back. */
	status: number | undefined;
	/** Why it was refused, when the rules did so. */
	refused?: string;
}

/** How to answer pushes that break no rule. */
export interface Reply {
	/** `hang`: no answer at all until the server stops. */
	status: number | "hang";
	/** Words behind the status. */
	statusText?: string;
	headers?: Record<string, string>;
	body?: string;
	/** Hold the answer back until this resolves; a function is called for each. */
	after?: Promise<unknown> | (() => Promise<unknown>);
	/** Only pushes to this device. */
	token?: string;
	/** Only this many pushes. Default: all from now on. */
	times?: number;
}

/** What a test asks of every double. */
export interface PushLog<P extends LoggedPush> extends Replies<Reply> {
	/** Every push so far, oldest first. */
	readonly pushes: readonly P[];
	/**
	 * Resolves to the first matching push that no earlier wait took, including those that came before the call.
	 *
	 * @param matches default: any push that the rules accept, whatever its answer
	 * @throws at the deadline, naming what did come
	 */
	waitForPush(matches?: (push: P) => boolean, timeoutMs?: number): Promise<P>;
	/** The same for several. */
	waitForPushes(count: number, matches?: (push: P) => boolean, timeoutMs?: number): Promise<P[]>;
	/** Forgets the pushes so far; devices and answers stay. */
	clear(): void;
}

/** The double's own side of it. */
export interface PushDesk<P extends LoggedPush> {
	readonly log: PushLog<P>;
	/** Takes a push in and answers it: as told, or in the usual way. */
	answer(push: P, usual: () => Response): Promise<Response>;
	/** Ends every answer that hangs. */
	stop(): void;
}

export function createPushDesk<P extends LoggedPush>(): PushDesk<P> {
	const inbox = createInbox<P>((push) => `${push.token}: ${push.refused ?? push.status}`);
	const replies = createReplies<Reply>();
	const stopped = Promise.withResolvers<void>();

	const waitForPushes: PushLog<P>["waitForPushes"] = (
		count,
		matches = (push) => push.refused === undefined,
		timeoutMs = PATIENCE_MS,
	) => inbox.wait(count, matches, timeoutMs);

	return {
		log: {
			pushes: inbox.all,
			respondWith: replies.respondWith,
			respondNormally: replies.respondNormally,
			async waitForPush(matches, timeoutMs) {
				const [push] = await waitForPushes(1, matches, timeoutMs);
				if (!push) throw new Error("no push");
				return push;
			},
			waitForPushes,
			clear: inbox.clear,
		},

		async answer(push, usual) {
			const reply =
				push.refused === undefined
					? replies.take((one) => one.token === undefined || one.token === push.token)
					: undefined;
			inbox.add(push);
			await (typeof reply?.after === "function" ? reply.after() : reply?.after);
			if (reply?.status === "hang") {
				await stopped.promise;
				return new Response(null, { status: 503 });
			}
			if (reply === undefined) {
				const response = usual();
				push.status = response.status;
				return response;
			}
			const { status, statusText, headers } = reply;
			push.status = status;
			return new Response(reply.body ?? null, {
				status,
				...(statusText !== undefined && { statusText }),
				...(headers && { headers }),
			});
		},

		stop: () => stopped.resolve(),
	};
}
