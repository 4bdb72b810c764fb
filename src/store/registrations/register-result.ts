/** What came of registering, or of renewing. */
import type { Registration } from "../../types.ts";
import type { QuotaName } from "./quotas.ts";
import type { Learning } from "./replica-overlay.ts";
import { type Row, toRegistration } from "./row.ts";

export type RegisterResult =
	/**
	 * `displaced`: what ended to make room at a full host. Its owner's server is to be told
	 * (registering/registration-ends.ts).
	 */
	| { kind: "created" | "renewed"; registration: Registration; displaced?: Registration }
	/** A limit is reached: nothing was written. */
	| { kind: "over-quota"; quota: QuotaName };

/**
 * @param row as it is now
 * @param displaced what ended for it
 */
export function written(
	learning: Learning,
	kind: "created" | "renewed",
	row: Row,
	displaced: readonly Row[] = [],
): RegisterResult {
	learning.ends(displaced);
	const [ended] = displaced;
	const result = { kind, registration: learning.row(row) };
	return ended ? { ...result, displaced: toRegistration(ended) } : result;
}
