/**
 * Registrations that come within a moment, written by one statement (group-commit.ts): a statement costs many times
 * what one more row in it does, and the one JavaScript thread stands still meanwhile.
 */
import { type SQL, sql } from "drizzle-orm";
import type { LibSQLDatabase } from "drizzle-orm/libsql";
import { OddAnswer } from "../database-fault.ts";
import { createGroupCommit } from "../group-commit.ts";
import { asJson, toJson } from "../json-rows.ts";
import { registrations } from "../schema.ts";
import { countedBefore, type Limits } from "./quotas.ts";
import { excluded, type NewRegistration, newRow, type Row, renewal } from "./row.ts";

/** Rows of one statement. A statement on a file blocks the event loop until it is done. */
const MOST = 200;

interface Asked {
	wanted: NewRegistration;
	node: string;
	/** What the database has now. */
	row?: Row;
}

const deviceOf = ({ owner, app, device }: Pick<Row, "owner" | "app" | "device">) =>
	JSON.stringify([owner, app, device]);

/**
 * @param pause how long registrations gather; undefined: each is written by itself, since at an edge no request may
 *   wait for what another one began
 * @returns creates a registration, or renews the one of the same device. Undefined: nothing was written. A quota may be
 *   full, or another registration of the same device was in the batch: the caller registers it by itself
 */
export function createBatchInsert(
	primary: LibSQLDatabase,
	limits: Limits,
	now: () => number,
	pause: (() => Promise<void>) | undefined,
): (wanted: NewRegistration, node: string) => Promise<Row | undefined> {
	const insert = primary
		.insert(registrations)
		.select(limits.rowsWithRoom(sql.placeholder("rows")))
		.onConflictDoUpdate({
			target: [registrations.owner, registrations.app, registrations.device],
			set: renewal(excluded),
		})
		.returning({ row: asJson(registrations) as SQL<Row | null> })
		.prepare();

	async function commit(group: readonly Asked[]): Promise<void> {
		for (let from = 0; from < group.length; from += MOST) {
			// Timers and sockets have their turn between two statements.
			if (from > 0) await new Promise((resolve) => setTimeout(resolve));
			await writeTogether(group.slice(from, from + MOST));
		}
	}

	async function writeTogether(group: readonly Asked[]): Promise<void> {
		const byDevice = new Map<string, Asked>();
		for (const asked of group) {
			const device = deviceOf(asked.wanted);
			if (!byDevice.has(device)) byDevice.set(device, asked);
		}
		const at = now();
		const rows = [...byDevice.values()].map(({ wanted, node }) => newRow(wanted, node, at));
		const written = await insert.all({ rows: toJson(countedBefore(rows)) });
		for (const { row } of written) {
			if (row === null) throw new OddAnswer();
			const asked = byDevice.get(deviceOf(row));
			if (asked) asked.row = row;
		}
	}

	const write = pause ? createGroupCommit(commit, pause) : commit;
	return async (wanted, node) => {
		const asked: Asked = { wanted, node };
		await write([asked]);
		return asked.row;
	};
}
