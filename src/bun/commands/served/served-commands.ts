/** What commands ask for while Reveille runs, over its socket: its state, a device to try, and an operator's questions. */
import type { Logger } from "@logtape/logtape";
import { Hono } from "hono";
import type { Config } from "../../../config/config.ts";
import type { Connector } from "../../../connector/connector.ts";
import { createActions } from "../../../routes/admin/console/actions.ts";
import { operatorCommandRoutes } from "../../../routes/admin/console/operator.ts";
import type { RecentEvents } from "../../../routes/admin/console/recent-events.ts";
import type { AppDeps, OperatorDeps, Readiness } from "../../../routes/deps.ts";
import { toOperatorProblem } from "../../../routes/errors.ts";
import { problemResponse } from "../../../routes/problem.ts";
import type { RequestWatch } from "../../../routes/request-watch.ts";
import type { RegistrationTokens } from "../../../store/registration-tokens.ts";
import type { SharedDatabase } from "../../database/shared.ts";
import { keptOf } from "../kept-data.ts";
import { settingDigests } from "../settings-digests.ts";
import { backupRoutes } from "./backup.ts";
import { doctorRoutes } from "./doctor.ts";
import { importRoutes } from "./import.ts";
import { statusRoutes } from "./status.ts";
import { tokenRoutes } from "./tokens.ts";

export interface ServedCommandsDeps {
	version: string;
	config: Config;
	log: Logger;
	database: Pick<AppDeps, "registrations" | "keyring"> & {
		shared: Pick<SharedDatabase, "id" | "replica" | "db" | "mayGrow">;
		tokens: Pick<RegistrationTokens, "renew">;
	};
	services: AppDeps["services"];
	connector: Connector;
	requestWatch: RequestWatch;
	/** Where this process serves HTTP. */
	url: string;
	port: number | undefined;
	operator: OperatorDeps;
	/** What this process noticed since it started. */
	recent: RecentEvents;
	readiness(): Promise<Readiness>;
}

export function servedCommands({
	version,
	config,
	log,
	database: { shared, registrations, keyring, tokens },
	services,
	connector,
	requestWatch,
	url,
	port,
	operator,
	recent,
	readiness,
}: ServedCommandsDeps): Hono {
	const { role, webApp, apps, trustDeviceId, retentionDays } = config;
	const app = new Hono();
	app.onError((error) => problemResponse(toOperatorProblem(error, log)));
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
			settings: (word) => settingDigests(config, word),
			requests: role === "connector" ? undefined : requestWatch,
		}),
	);
	app.route(
		"/",
		operatorCommandRoutes(
			{ registrations, keyring, push: connector.push, readiness, log, version, webApp },
			// A link that an invite has leads here, where nothing says that it leads elsewhere.
			{ ...operator, publicUrl: operator.publicUrl ?? `http://127.0.0.1:${port}` },
			recent,
		),
	);
	app.route(
		"/operator/tokens",
		tokenRoutes(tokens, createActions({ log, keyring }, operator, "by a command")),
	);
	const { db, mayGrow } = shared;
	app.route(
		"/operator/import",
		importRoutes({ db, mayGrow, keyring, services, apps, trustDeviceId, retentionDays, now: Date.now }),
	);
	app.route("/", backupRoutes(keptOf(config)));
	return app;
}
