/** Changes of the outbox: written in groups, in their order, and on disk when their promise resolves. */
import { sql } from "drizzle-orm";
import type { BatchItem } from "drizzle-orm/batch";
import type { LibSQLDatabase } from "drizzle-orm/libsql";
import { createGroupCommit } from "../group-commit.ts";
import { toJson } from "../json-rows.ts";
import type { OutboxEntry } from "./outbox.ts";
import { insertRows, trimLanes } from "./outbox-puts.ts";

type Change = { kind: "put"; entry: OutboxEntry } | { kind: "other"; statement: BatchItem<"sqlite"> };

export interface OutboxChanges {
	put(entries: readonly OutboxEntry[]): Promise<void>;
	/** Any other change. */
	run(statement: BatchItem<"sqlite">): Promise<void>;
}

/** At almost every put the slot is the common one. */
const haveSlots = (entries: readonly OutboxEntry[]) => entries.some(({ slot }) => slot !== undefined);

/** @param pause how long changes gather */
export function createOutboxChanges(db: LibSQLDatabase, pause: () => Promise<void>): OutboxChanges {
	const prepared = insertRows(db, sql.placeholder("rows")).prepare();

	const write = createGroupCommit<Change>(async (changes) => {
		const entries = changes.flatMap((change) => (change.kind === "put" ? [change.entry] : []));
		// While a provider hangs there is nothing but puts: that statement is built once.
		if (entries.length === changes.length && !haveSlots(entries))
			return void (await prepared.run({ rows: toJson(entries) }));
		const [one, ...more] = statementsOf(changes);
		if (one) await (more.length === 0 ? one : db.batch([one, ...more]));
	}, pause);

	/** Entries that are put one after the other are one statement: each costs more than its rows. */
	function statementsOf(changes: readonly Change[]): BatchItem<"sqlite">[] {
		const statements: BatchItem<"sqlite">[] = [];
		let entries: OutboxEntry[] = [];
		const flush = () => {
			if (entries.length > 0) statements.push(insertRows(db, toJson(entries)));
			if (haveSlots(entries)) statements.push(trimLanes(db, toJson(entries)));
			entries = [];
		};
		for (const change of changes) {
			if (change.kind === "put") entries.push(change.entry);
			else {
				flush();
				statements.push(change.statement);
			}
		}
		flush();
		return statements;
	}

	return {
		put: (entries) => write(entries.map((entry) => ({ kind: "put", entry }))),
		run: (statement) => write([{ kind: "other", statement }]),
	};
}
