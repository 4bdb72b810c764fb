/** Reasons as clients may read them. */

const LONGEST = 200;

/** A reason in plain words, fit for a client: what could hold a URL or a token is not repeated. */
export function plainReason(reason: string): string {
	const plain = reason.length <= LONGEST && !reason.includes("//") && !/[\w-]{32}/.test(reason);
	return plain ? reason : "the push could be neither sent nor kept";
}
