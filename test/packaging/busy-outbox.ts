/**
 * A connector's outbox that is written to without a pause: the n-th transaction writes the row n % ROWS, and n into
 * another table. Its log begins anew every few transactions. Says `ready`; ends when it is killed. With a second argument
 * others may have the file open too, as they may a database of registrations.
 */
import { openDatabase } from "../../src/bun/database/open.ts";

/** How many rows the writer goes round. */
export const ROWS = 300;

if (import.meta.main) {
	const { client } = await openDatabase({
		url: `file:${process.argv[2]}`,
		exclusive: process.argv[3] === undefined,
		migrations: "outbox",
	});
	await client.execute("PRAGMA wal_autocheckpoint = 100");
	const filling = "x".repeat(3_000);
	for (let n = 1; ; n++) {
		await client.batch(
			[
				{
					sql: "INSERT OR REPLACE INTO outbox (node, class, version, notification, attempts, due_at, expires_at) VALUES (?, 'high', ?, ?, 0, 0, 0)",
					args: [`node ${n % ROWS}`, n, JSON.stringify({ body: filling })],
				},
				{ sql: "INSERT OR REPLACE INTO streams VALUES ('counter', '', ?, '')", args: [n] },
			],
			"write",
		);
		if (n === ROWS) console.log("ready");
	}
}
