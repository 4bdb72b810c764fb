/** The floor of registering: a bare Hono route that inserts a row, looks at nothing and promises nothing more. */
import { Hono } from "hono";
import { openDatabase } from "../src/bun/database/open.ts";
import { registrations } from "../src/store/schema.ts";

const { DATABASE_FILE, PORT } = process.env;
// Reveille's own way to open it: the same PRAGMAs, tables and indexes.
const { db } = await openDatabase({ url: `file:${DATABASE_FILE}`, migrations: "shared" });

const app = new Hono();
app.get("/health", (c) => c.json({ status: "ok" }));
app.post("/api/v1/registrations", async (c) => {
	const { app, token, subscription, deviceName } = await c.req.json();
	const node = crypto.randomUUID();
	const at = Date.now();
	const row = { node, app, device: node, deviceName, registeredAt: at, renewedAt: at };
	await db
		.insert(registrations)
		.values({ ...row, token: token ?? subscription.endpoint, ...subscription?.keys });
	return c.json({ node }, 201);
});
Bun.serve({ hostname: "127.0.0.1", port: Number(PORT), fetch: app.fetch });
