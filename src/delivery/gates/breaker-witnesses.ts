/** Different parties that said the same, as many as it takes: of more than that, those with the latest times. */
import type { Span } from "./time-span.ts";

export interface Witnesses {
	/** @param span when it said so, and until when it wants to be left alone */
	note(party: string, span: Span): void;
	areEnough(): boolean;
	/** The time that all of them ask for. */
	until(): number;
	forget(): void;
}

export function createWitnesses(needed: number): Witnesses {
	const said = new Map<string, Span>();

	return {
		note(party, span) {
			// From before the clock was set back: it would speak of the time that comes again.
			for (const [name, { at }] of said) if (at > span.at) said.delete(name);
			const known = said.get(party);
			if (known || said.size < needed) {
				said.set(party, { at: span.at, until: Math.max(span.until, known?.until ?? span.until) });
				return;
			}
			const [earliest, its] = [...said].reduce((one, other) => (other[1].until < one[1].until ? other : one));
			if (its.until >= span.until) return;
			said.delete(earliest);
			said.set(party, span);
		},

		areEnough: () => said.size >= needed,

		until: () => Math.min(...[...said.values()].map(({ until }) => until)),

		forget: () => said.clear(),
	};
}
