/** Which lanes of the outbox were written to lately: what was read before may not be there any more as it was read. */
import { deliveryBounds } from "../../limits/bounds/delivery.ts";
import { createRecent } from "../../limits/recent-names.ts";
import type { PushClass } from "../../types.ts";

interface Lane {
	node: string;
	class: PushClass;
}

export interface OutboxTouches {
	/** What is read from now on is as all that was touched before left it. */
	stamp(): number;
	/** A lane is about to be written to, or was written to. */
	touch(lane: Lane): void;
	/** Whether a lane was touched since, or that is too long ago to be known. */
	isTouchedSince(lane: Lane, stamp: number): boolean;
}

const MOST = deliveryBounds.outboxTouches.is;

const nameOf = ({ node, class: pushClass }: Lane) => `${node} ${pushClass}`;

export function createOutboxTouches(): OutboxTouches {
	let last = 0;
	/** The latest half of so many are known for certain. */
	const touched = createRecent<number>(2 * MOST);

	return {
		stamp: () => last,
		touch: (lane) => touched.set(nameOf(lane), ++last),
		isTouchedSince: (lane, stamp) => last - stamp >= MOST || (touched.get(nameOf(lane)) ?? 0) > stamp,
	};
}
