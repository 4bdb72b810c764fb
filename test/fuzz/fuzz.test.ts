/**
 * Fuzzing: what every parser and every route must hold to, whatever it is given. FUZZ_CASES is how many cases are
 * tried in all; a failed property names its seed, with which FUZZ_SEED repeats it.
 */
import { afterAll, describe, expect, test } from "bun:test";
import type { Fuzzed } from "./property.ts";
import { sharesOf } from "./property.ts";

const FUZZED: readonly Fuzzed[] = await Promise.all(
	[...new Bun.Glob("*.fuzz.ts").scanSync(import.meta.dir)].sort().map(async (file) => {
		const { fuzzed } = (await import(`./${file}`)) as { fuzzed: Fuzzed };
		return fuzzed;
	}),
);

const total = Number(process.env.FUZZ_CASES ?? 30_000);
if (!Number.isSafeInteger(total) || total < 1) throw new Error("FUZZ_CASES must be a whole number, from 1.");
const seed = process.env.FUZZ_SEED === undefined ? undefined : Number(process.env.FUZZ_SEED);

/** Time for what is slow to begin with, ms, and for each case: many times what it takes. */
const TIMEOUT = { least: 60_000, perCase: 5 };

const shares = sharesOf(
	FUZZED.flatMap(({ properties }) => properties),
	total,
);
let tried = 0;
let held = 0;

for (const { name: what, properties, close } of FUZZED) {
	describe(what, () => {
		if (close) afterAll(close);
		for (const property of properties) {
			const cases = shares.get(property) ?? 1;
			test(
				property.name,
				async () => {
					const ran = await property.run({ cases, ...(seed !== undefined && { seed }) });
					expect(ran).toBe(cases);
					tried += ran;
					held++;
				},
				TIMEOUT.least + cases * TIMEOUT.perCase,
			);
		}
	});
}

afterAll(() => console.log(`fuzzed ${tried} cases over ${held} properties`));
