/**
 * Who may supersede whom: of what is held back in a lane the newest takes the place of the others, and whoever may not
 * publish must not take the place of who may, whose server would be told that nobody is there.
 *
 * Whether a publish is its publisher's to make may have to be looked up first, and newer ones of its lane come
 * meanwhile. Then it is the older one, and must not go after them.
 */
import type { Answer } from "../../types.ts";
import type { Item } from "../push-item.ts";
import type { Throttle } from "./throttle.ts";

export interface Superseding {
	/** Gives a publish to its pace, if it may take the place of what is held back there. Never throws. */
	submit(pace: Pick<Throttle<Item>, "submit" | "heldIn">, lane: string, item: Item): Promise<Answer>;
}

/** A lane of which a publish is looked up. */
interface Looked {
	/** How many are. */
	count: number;
	/** The newest that went on meanwhile, and what became of it. */
	version: number;
	answer?: Promise<Answer>;
}

/**
 * @param refusalOf what to answer a publisher who may not publish this, as far as is known. Must not throw
 */
export function createSuperseding(refusalOf: (item: Item) => Promise<Answer | undefined>): Superseding {
	const looked = new Map<string, Looked>();

	function submitNow(pace: Pick<Throttle<Item>, "submit">, lane: string, item: Item): Promise<Answer> {
		const answer = pace.submit(lane, item);
		// At almost every publish nothing is looked up anywhere.
		const its = looked.size === 0 ? undefined : looked.get(lane);
		if (its && its.version < item.version) Object.assign(its, { version: item.version, answer });
		return answer;
	}

	function beginLookUp(lane: string): Looked {
		const its = looked.get(lane) ?? { count: 0, version: 0 };
		looked.set(lane, its);
		its.count++;
		return its;
	}

	/** @returns what became of the newest that is newer than this one and went on meanwhile */
	function endLookUp(lane: string, its: Looked, { version }: Item): Promise<Answer> | undefined {
		if (--its.count === 0) looked.delete(lane);
		return its.version > version ? its.answer : undefined;
	}

	async function submitIfAllowed(
		pace: Pick<Throttle<Item>, "submit">,
		lane: string,
		item: Item,
	): Promise<Answer> {
		const lookUp = beginLookUp(lane);
		const refusal = await refusalOf(item);
		// From here on nothing comes between: what would come now would not be known to be newer.
		const newer = endLookUp(lane, lookUp, item);
		if (refusal) return refusal;
		const its = newer && (await newer);
		// What is said to one who may not publish is said of nobody else: then this one is owed after all.
		if (its && its.kind !== "unknown") return supersededBy(its);
		delete item.publisher;
		return submitNow(pace, lane, item);
	}

	return {
		submit(pace, lane, item) {
			const held = pace.heldIn(lane);
			const isAnothers = held !== undefined && held.publisher !== item.publisher;
			return isAnothers ? submitIfAllowed(pace, lane, item) : submitNow(pace, lane, item);
		},
	};
}

/** What was promised of the newer one holds for this one too, and nothing else does. */
const supersededBy = (newer: Answer): Answer =>
	newer.kind === "done" ? { kind: "done", how: "superseded" } : newer;
