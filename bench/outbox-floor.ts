/** The floor of draining an outbox: reads due rows, sends each, deletes it; looks nothing up and decides nothing. */
import { openDatabase } from "../src/bun/database/open.ts";

const { OUTBOX_FILE, FCM_URL, AT_ONCE } = process.env;
const PAGE = 128;

// Reveille's own way to open it: the same PRAGMAs, table and indexes.
const { client } = await openDatabase({ url: `file:${OUTBOX_FILE}`, exclusive: true, migrations: "outbox" });

async function send(node: string, notification: string): Promise<void> {
	const body = { message: { token: `token-of-${node}`, data: JSON.parse(notification) } };
	const answer = await fetch(`${FCM_URL}/v1/projects/p/messages:send`, {
		method: "POST",
		headers: { Authorization: "Bearer bearer", "Content-Type": "application/json" },
		body: JSON.stringify(body),
	});
	await answer.text();
	await client.execute({ sql: "DELETE FROM outbox WHERE node = ? AND class = 'high'", args: [node] });
}

for (;;) {
	const { rows } = await client.execute({
		sql: "SELECT node, notification FROM outbox WHERE due_at <= ? ORDER BY due_at LIMIT ?",
		args: [Date.now(), PAGE],
	});
	if (rows.length === 0) break;
	const one = async () => {
		for (let row = rows.pop(); row; row = rows.pop()) await send(String(row.node), String(row.notification));
	};
	await Promise.all(Array.from({ length: Number(AT_ONCE) }, one));
}
// It is measured by its process, which its parent ends.
setInterval(() => {}, 60_000);
