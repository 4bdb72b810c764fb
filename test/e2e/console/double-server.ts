/** Reveille's own route serves the console's page; `/admin/api` is played, so that any stage can be looked at. */
import type { Server } from "bun";
import { startTestServer } from "../../routes/routes-fixture.ts";
import { type ConsoleDouble, createConsoleDouble, TOKEN } from "../../web/console/console-double.ts";

export interface DoubleServer {
	readonly url: string;
	readonly double: ConsoleDouble;
	close(): Promise<void>;
}

export async function startDoubleServer(): Promise<DoubleServer> {
	const reveille = await startTestServer({ adminToken: TOKEN });
	const double = createConsoleDouble();
	const server: Server<undefined> = Bun.serve({
		hostname: "127.0.0.1",
		port: 0,
		// A stream of events is silent for longer than that.
		idleTimeout: 0,
		fetch: async (request) =>
			new URL(request.url).pathname.startsWith("/admin/api/")
				? double.fetch(request)
				: reveille.app.fetch(request),
	});
	return {
		url: `http://127.0.0.1:${server.port}`,
		double,
		async close() {
			await server.stop(true);
			await reveille.close();
		},
	};
}
