/** What a property claims, checked at next to no cost: millions of times. */

/** @throws unless both are the same, through and through */
export function same(one: unknown, other: unknown, what = ""): void {
	if (Object.is(one, other) || Bun.deepEquals(one, other, true)) return;
	throw new Error(`${what} ${Bun.inspect(one)} is not ${Bun.inspect(other)}`.trim());
}

/** @throws with the sentence unless it holds */
export function claim(holds: boolean, sentence: string | (() => string)): void {
	if (!holds) throw new Error(typeof sentence === "string" ? sentence : sentence());
}

/** What somebody who operates this or uses it can read: words, with an end. */
export function claimSentence(text: string): void {
	claim(/^\S[\s\S]*[.?]$/.test(text) && text.includes(" "), () => `no sentence: ${JSON.stringify(text)}`);
}

/**
 * What came of something that either works or refuses with an error of its own.
 * @returns undefined: it refused @throws whatever else it threw
 */
export function unless<T>(
	refusal: abstract new (...given: never[]) => Error,
	attempt: () => T,
): T | undefined {
	try {
		return attempt();
	} catch (error) {
		if (error instanceof refusal) return undefined;
		throw error;
	}
}
