/** What one row of the table of bounds says. */

/** How often: a bucket that holds `burst` and gains `perSecond`. */
export interface Rate {
	readonly burst: number;
	readonly perSecond: number;
}

export interface Bound {
	/** The bound itself: the code compares with it. */
	readonly is: number | Rate;
	/** Where too few are as bad as too many: so many at least. */
	readonly least?: number;
	/** Of what, in the plural; of a rate, what is counted. */
	readonly unit: string;
	/** What is bounded, as a noun: the page's first column. */
	readonly what: string;
	/** What happens beyond it, as a sentence. */
	readonly beyond: string;
	/** The setting that changes it. */
	readonly setting?: string;
}

export type Bounds = Readonly<Record<string, Bound>>;
