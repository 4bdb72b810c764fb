/** What the running Reveille says of itself to commands. */
import { Hono } from "hono";
import type { RunningStatus } from "../running.ts";

export interface StatusDeps extends Pick<RunningStatus, "version" | "role" | "url"> {
	readiness(): Promise<{ database: true | string; xmpp: true | string | undefined }>;
	databaseId(): string | undefined;
	/** Undefined: there is no replica. */
	replicaAgeMs(): number | undefined;
	connections(): RunningStatus["connections"];
	enabling(): NonNullable<RunningStatus["enabling"]>;
}

/** `GET /status`. */
export function statusRoutes(deps: StatusDeps): Hono {
	const { version, role, url } = deps;
	return new Hono().get("/status", async (c) => {
		const { database, xmpp } = await deps.readiness();
		const status: RunningStatus = {
			version,
			pid: process.pid,
			role,
			url,
			database,
			xmpp: xmpp ?? null,
			databaseId: deps.databaseId() ?? null,
			replicaAgeMs: deps.replicaAgeMs() ?? null,
			connections: deps.connections(),
			enabling: deps.enabling(),
		};
		return c.json(status);
	});
}
