/** What a fuzzed property is, and how many cases each gets of all that are asked for. */
import fc, { type Arbitrary } from "fast-check";

/** The settings of one run. */
export interface Run {
	cases: number;
	/** Missing: another one each time, named where a property fails. */
	seed?: number;
}

export interface Property {
	/** A sentence, with what is fuzzed as its subject. */
	name: string;
	/** Its part of all cases beside the others'. */
	weight: number;
	/** So many cases at the most, as one costs as much as hundreds of another property's. */
	most: number;
	/** @returns how many cases were really tried @throws {Error} with the smallest case found that fails, and its seed */
	run(run: Run): Promise<number>;
}

/** One thing that is fuzzed. */
export interface Fuzzed {
	name: string;
	properties: readonly Property[];
	close?(): Promise<void>;
}

interface Share {
	weight: number;
	most?: number;
}

/** A property of what runs at once. @param holds throws where it does not */
export function always<T>(name: string, share: Share, cases: Arbitrary<T>, holds: (it: T) => void): Property {
	return propertyOf(name, share, async (run) => {
		let tried = 0;
		const counted = fc.property(cases, (it) => {
			tried++;
			holds(it);
		});
		fc.assert(counted, parameters(run));
		return tried;
	});
}

/** A property of what takes its time. */
export function eventually<T>(
	name: string,
	share: Share,
	cases: Arbitrary<T>,
	holds: (it: T) => Promise<void>,
): Property {
	return propertyOf(name, share, async (run) => {
		let tried = 0;
		const counted = fc.asyncProperty(cases, async (it) => {
			tried++;
			await holds(it);
		});
		await fc.assert(counted, parameters(run));
		return tried;
	});
}

const propertyOf = (name: string, { weight, most }: Share, run: Property["run"]): Property => ({
	name,
	weight,
	run,
	most: most ?? Number.POSITIVE_INFINITY,
});

const parameters = ({ cases, seed }: Run): fc.Parameters<unknown> => ({
	numRuns: cases,
	...(seed !== undefined && { seed }),
});

/**
 * Shares cases out by weight: what a property does not take, since it has its most, the others get.
 * @returns how many each gets, at least one; `total` in all, where that can be
 */
export function sharesOf(properties: readonly Property[], total: number): Map<Property, number> {
	const shares = new Map<Property, number>();
	let open = [...properties];
	let left = total;
	for (;;) {
		const weights = open.reduce((sum, { weight }) => sum + weight, 0);
		const full = open.filter(({ weight, most }) => (left * weight) / weights >= most);
		if (full.length === 0) break;
		for (const property of full) shares.set(property, property.most);
		left -= full.reduce((sum, { most }) => sum + most, 0);
		open = open.filter((property) => !full.includes(property));
	}
	let weights = open.reduce((sum, { weight }) => sum + weight, 0);
	for (const property of open) {
		// Of what is left, so that nothing is lost by rounding.
		const share = Math.max(1, Math.round((left * property.weight) / weights));
		shares.set(property, share);
		left -= share;
		weights -= property.weight;
	}
	return shares;
}
