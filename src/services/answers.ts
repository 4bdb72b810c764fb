/**
 * The language of the tables of answers: what a push service may answer, and what becomes of the push. Each service
 * has its own table, `answers.ts` in its folder.
 */
import type { Outcome } from "../types.ts";

/** A row of a table. The first row that holds an answer counts; an answer that none holds is retried. */
export interface AnswerRow {
	/** The HTTP status, or the first and the last of several. */
	readonly status: number | readonly [from: number, to: number];
	/** Only where the service's own word for it is this one; any, if not given. */
	readonly word?: string;
	/** Only where the answer's text matches. */
	readonly words?: RegExp;
	readonly kind: Outcome["kind"];
	/** For people, without a full stop: it follows the status, and nothing of it comes from outside. */
	readonly reason: string;
	/** It says nothing of other devices. */
	readonly about?: "token";
	/** Where the answer has no `Retry-After`: wait this long at least; ms. */
	readonly afterMs?: number;
}

/** What a table is asked about. */
export interface Said {
	status: number;
	/** The service's own word for it, if it has one. */
	word?: string | undefined;
	/** What {@link AnswerRow.words} looks at. */
	text?: string;
}

/**
 * The row that holds an answer.
 * @param fits what rows of this service say beside the common things
 */
export function rowOf<Row extends AnswerRow>(
	table: readonly Row[],
	{ status, word, text = "" }: Said,
	fits: (row: Row) => boolean = () => true,
): Row | undefined {
	return table.find(
		(row) =>
			holds(row.status, status) &&
			(row.word === undefined || row.word === word) &&
			(row.words?.test(text) ?? true) &&
			fits(row),
	);
}

function holds(rows: AnswerRow["status"], status: number): boolean {
	return typeof rows === "number" ? rows === status : rows[0] <= status && status <= rows[1];
}

/**
 * The outcome of a row.
 * @param row undefined: an answer that no table knows, which is never held against a device
 * @param reply.afterMs what the provider asked for
 * @param detail the provider's own word, checked to be one: an answer could echo the token
 */
export function outcomeOf(
	row: Pick<AnswerRow, "kind" | "about" | "afterMs"> & { reason?: string } = { kind: "retry" },
	reply: { status: number; afterMs?: number | undefined },
	detail?: string,
): Outcome {
	const { kind } = row;
	if (kind === "delivered") return { kind };
	const said = detail === undefined ? "" : ` (${detail})`;
	const reason = `${reply.status} ${row.reason ?? "unknown answer"}${said}`;
	if (kind === "gone" || kind === "rejected") return { kind, reason };
	const about = row.about && { about: row.about };
	if (kind === "misconfigured") return { kind, reason, ...about };
	const afterMs = reply.afterMs ?? row.afterMs;
	return { kind, reason, ...(afterMs !== undefined && { afterMs }), ...about };
}
