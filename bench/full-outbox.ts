/**
 * Makes a data folder with registrations, and one due push for each: as a process of its own, since a file is let go
 * surely only by a process that ended.
 *
 * `bun bench/full-outbox.ts <folder> <pushes>`
 */
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { openDatabase } from "../src/bun/database/open.ts";

const [folder = "", pushes] = process.argv.slice(2);
const nodes = JSON.stringify(
	Array.from({ length: Number(pushes) }, () => randomBytes(20).toString("base64url")),
);
const now = Date.now();
const shared = await openDatabase({ url: `file:${join(folder, "reveille.db")}`, migrations: "shared" });
await shared.client.execute({
	sql: `INSERT INTO registrations (node, owner, app, device, token, registered_at, renewed_at)
		SELECT value, value || '@example.net', 'fcm', 'phone', 'token-of-' || value, ?1, ?1 FROM json_each(?2)`,
	args: [now, nodes],
});
const outbox = await openDatabase({ url: `file:${join(folder, "outbox.db")}`, migrations: "outbox" });
const notification = { class: "high", count: 1, sender: "juliet@example.net", body: "Wherefore art thou?" };
await outbox.client.execute({
	sql: `INSERT INTO outbox (node, class, version, notification, attempts, due_at, expires_at, gate)
		SELECT value, 'high', key + 1, ?, 1, ?, ?, 'fcm' FROM json_each(?)`,
	args: [JSON.stringify(notification), now - 1000, now + 3_600_000, nodes],
});
process.exit(0);
