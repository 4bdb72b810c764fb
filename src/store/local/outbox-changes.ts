/** Changes of the outbox: written in groups, in their order, and on disk when their promise resolves. */
import { sql } from "drizzle-orm";
import type { BatchItem } from "drizzle-orm/batch";
import type { LibSQLDatabase } from "drizzle-orm/libsql";
import { createGroupCommit } from "../group-commit.ts";
import { toJson } from "../json-rows.ts";
import type { OutboxEntry } from "./outbox.ts";
import { insertRows, trimLanes } from "./outbox-puts.ts";
import { deleteRows, type Removal } from "./outbox-removals.ts";

type Change =
	| { kind: "put"; entry: OutboxEntry }
	| { kind: "remove"; removal: Removal }
	| { kind: "other"; statement: BatchItem<"sqlite"> };

export interface OutboxChanges {
	put(entries: readonly OutboxEntry[]): Promise<void>;
	remove(removal: Removal): Promise<void>;
	/** Any other change. */
	run(statement: BatchItem<"sqlite">): Promise<void>;
}

/** At almost every put the slot is the common one. */
const haveSlots = (entries: readonly OutboxEntry[]) => entries.some(({ slot }) => slot !== undefined);

/** @param pause how long changes gather */
export function createOutboxChanges(db: LibSQLDatabase, pause: () => Promise<void>): OutboxChanges {
	const putting = insertRows(db, sql.placeholder("rows")).prepare();
	const removing = deleteRows(db, sql.placeholder("rows")).prepare();

	const write = createGroupCommit<Change>(async (changes) => {
		// While a provider hangs there is nothing but puts, and when it comes back little but removals: these statements
		// are built once.
		const entries = changes.flatMap((change) => (change.kind === "put" ? [change.entry] : []));
		if (entries.length === changes.length && !haveSlots(entries))
			return void (await putting.run({ rows: toJson(entries) }));
		const removals = changes.flatMap((change) => (change.kind === "remove" ? [change.removal] : []));
		if (removals.length === changes.length) return void (await removing.run({ rows: toJson(removals) }));
		const [one, ...more] = statementsOf(changes);
		if (one) await (more.length === 0 ? one : db.batch([one, ...more]));
	}, pause);

	/** What is put, or removed, one after the other is one statement: each costs more than its rows. */
	function statementsOf(changes: readonly Change[]): BatchItem<"sqlite">[] {
		const statements: BatchItem<"sqlite">[] = [];
		let entries: OutboxEntry[] = [];
		let removals: Removal[] = [];
		const flush = () => {
			if (entries.length > 0) statements.push(insertRows(db, toJson(entries)));
			if (haveSlots(entries)) statements.push(trimLanes(db, toJson(entries)));
			if (removals.length > 0) statements.push(deleteRows(db, toJson(removals)));
			entries = [];
			removals = [];
		};
		let kind: Change["kind"] | undefined;
		for (const change of changes) {
			if (change.kind !== kind) flush();
			kind = change.kind;
			if (change.kind === "put") entries.push(change.entry);
			else if (change.kind === "remove") removals.push(change.removal);
			else statements.push(change.statement);
		}
		flush();
		return statements;
	}

	return {
		put: (entries) => write(entries.map((entry) => ({ kind: "put", entry }))),
		remove: (removal) => write([{ kind: "remove", removal }]),
		run: (statement) => write([{ kind: "other", statement }]),
	};
}
