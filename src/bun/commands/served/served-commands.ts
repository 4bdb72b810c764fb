/** What commands ask for while Reveille runs, over its socket: its state, a device to try, and an operator's questions. */
import type { Logger } from "@logtape/logtape";
import { Hono } from "hono";
import type { Config } from "../../../config/config.ts";
import type { Connector } from "../../../connector/connector.ts";
import { operatorCommandRoutes } from "../../../routes/admin/console/operator.ts";
import type { AppDeps, OperatorDeps, Readiness } from "../../../routes/deps.ts";
import type { RequestWatch } from "../../../routes/request-watch.ts";
import type { SharedDatabase } from "../../database/shared.ts";
import { doctorRoutes } from "./doctor.ts";
import { statusRoutes } from "./status.ts";

export interface ServedCommandsDeps {
	version: string;
	config: Pick<Config, "role" | "webApp">;
	log: Logger;
	database: Pick<AppDeps, "registrations" | "keyring"> & { shared: Pick<SharedDatabase, "id" | "replica"> };
	connector: Connector;
	requestWatch: RequestWatch;
	/** Where this process serves HTTP. */
	url: string;
	operator: OperatorDeps;
	readiness(): Promise<Readiness>;
}

export function servedCommands({
	version,
	config: { role, webApp },
	log,
	database: { shared, registrations, keyring },
	connector,
	requestWatch,
	url,
	operator,
	readiness,
}: ServedCommandsDeps): Hono {
	const app = new Hono();
	app.route(
		"/",
		statusRoutes({
			version,
			role,
			url,
			readiness,
			databaseId: () => shared.id,
			replicaAgeMs: () => shared.replica && Date.now() - shared.replica.freshAt(),
			connections: connector.connections,
			enabling: () => connector.enabling?.states() ?? [],
		}),
	);
	app.route(
		"/",
		doctorRoutes({
			beginTrial: connector.trials.begin,
			publishToItself: connector.publishToItself,
			requests: role === "connector" ? undefined : requestWatch,
		}),
	);
	app.route(
		"/",
		operatorCommandRoutes(
			{ registrations, keyring, push: connector.push, readiness, log, version, webApp },
			operator,
		),
	);
	return app;
}
