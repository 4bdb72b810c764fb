/** What may be said of an error: drizzle's own messages hold the parameters of the query, tokens among them. */
import { DrizzleQueryError } from "drizzle-orm/errors";
import { answerBounds } from "../limits/bounds/answers.ts";

/** A server of a database says what it likes, at any length, and each failure may be logged. */
const LONGEST = answerBounds.databaseFault.is;

/** The database answers, but is not one that this process can work with: its message says what to do. */
export class UnfitDatabase extends Error {
	override name = "UnfitDatabase";
}

/** The database answers, and something else than it was asked: a proxy before it, or the server itself, is unwell. */
export class OddAnswer extends Error {
	override name = "OddAnswer";

	constructor() {
		super("the database's answer does not fit the question");
	}
}

/** The failure of the database inside an error, if that is what it is: its message names no values. */
export function databaseFault(error: unknown): Error | undefined {
	let query = false;
	for (let inner = error; inner instanceof Error; inner = inner.cause) {
		if (/^Libsql(Batch)?Error$/.test(inner.name)) return inner;
		if (inner instanceof UnfitDatabase || inner instanceof OddAnswer) return inner;
		if (inner instanceof DrizzleQueryError) query = true;
		else if (query) return inner;
	}
	return query ? new Error("a query failed") : undefined;
}

/** An error in words that may go to a log. */
export function faultOf(error: unknown): string {
	const fault = databaseFault(error) ?? error;
	const said = fault instanceof Error ? `${fault.name}: ${fault.message}` : String(fault);
	return said.length > LONGEST ? `${said.slice(0, LONGEST)}…` : said;
}
