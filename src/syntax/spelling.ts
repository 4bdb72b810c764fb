/** Guesses which name somebody meant: for settings and for the fields of the JSON API. */

/** Longer names are nobody's slip of the pen. */
const LONGEST_NAME = 40;
/** More letters than this make another word. */
const FARTHEST = 2;

/** @returns the known name that is at most two letters away, whatever the case */
export function nearest(name: string, known: readonly string[]): string | undefined {
	const wrong = name.slice(0, LONGEST_NAME).toLowerCase();
	const distances = known.map((candidate) => ({ candidate, far: distance(wrong, candidate.toLowerCase()) }));
	const [near] = distances.sort((one, other) => one.far - other.far);
	return near && near.far <= FARTHEST ? near.candidate : undefined;
}

/** How many letters must change to make one word of the other. */
function distance(one: string, other: string): number {
	let row = Array.from({ length: other.length + 1 }, (_, i) => i);
	for (let i = 1; i <= one.length; i++) {
		const next = [i];
		for (let j = 1; j <= other.length; j++) {
			const replaced = (row[j - 1] ?? 0) + (one[i - 1] === other[j - 1] ? 0 : 1);
			next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
		}
		row = next;
	}
	return row[other.length] ?? 0;
}
