/** The answers that a test tells a double to give in place of its own. */

/** What a test sees of them. */
export interface Replies<R> {
	/** Changes the answers. The latest that fits wins. Returns how to take it back. */
	respondWith(reply: R): () => void;
	/** Back to the usual answers. */
	respondNormally(): void;
}

/** The double's own side of it. */
export interface ReplyDesk<R> extends Replies<R> {
	/** The answer to a push, counted as given; undefined: the usual one. @param fits whether it is for this push */
	take(fits: (reply: R) => boolean): R | undefined;
}

/** Makes it without any. A reply's `times` is how many pushes it is for; missing: all from now on. */
export function createReplies<R extends { times?: number }>(): ReplyDesk<R> {
	let replies: R[] = [];
	const drop = (reply: R) => {
		replies = replies.filter((one) => one !== reply);
	};
	return {
		respondWith(reply) {
			// Counted down here, and not in what the test holds.
			const own = { ...reply };
			replies.push(own);
			return () => drop(own);
		},
		respondNormally() {
			replies = [];
		},
		take(fits) {
			const reply = replies.findLast(fits);
			if (reply?.times !== undefined && --reply.times <= 0) drop(reply);
			return reply;
		},
	};
}
