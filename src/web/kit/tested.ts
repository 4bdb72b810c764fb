/** What became of a test push, as Reveille says it in either of its ways. */
import { TEST_RESULTS, type Tested } from "./kit.ts";
import { reasonOf } from "./reason.ts";

/** @returns undefined: it is no result of Reveille's */
export function testedOf(said: unknown, reason: string | undefined): Tested | undefined {
	const result = TEST_RESULTS.find((known) => known === said);
	if (!result) return undefined;
	return reason ? { result, reason: reasonOf({ text: reason }) } : { result };
}
