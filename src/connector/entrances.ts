/** Where stanzas come in: what belongs to each connection beside its stream. */
import type { Logger } from "@logtape/logtape";
import { shownUrl, type XmppConnection } from "../config/connections.ts";
import type { Streams } from "../store/local/streams.ts";
import type { StreamLeases } from "../store/stream-leases.ts";
import type { AdminReadiness } from "../types.ts";
import { createRivals, type Rivals } from "./address/rivals.ts";
import type { ClockWatch } from "./checks/clock.ts";
import { createServerCheck, type ServerCheck } from "./checks/server-features.ts";
import type { Connections } from "./connections.ts";
import type { Permissions } from "./enabling/permissions.ts";
import { createIntake, type Intake, type IntakeDeps } from "./intake.ts";

export interface Entrance {
	settings: XmppConnection;
	/** What is done with what comes in. */
	intake: Intake;
	/** Who else may have the address. */
	rivals: Rivals;
	/** What an account's server can do of what push needs; a component's is not asked. */
	server: ServerCheck | undefined;
}

export interface EntranceDeps {
	/** What every intake is given. */
	intake: Omit<IntakeDeps, "send" | "same" | "doubt" | "own">;
	/** For one's own users; missing: XMPP_ENABLE_FOR lists no domain. */
	permissions: { domains: readonly string[]; hear: Permissions["hear"] } | undefined;
	connections: Pick<Connections, "sendFrom">;
	databaseId: string | undefined;
	standby: { leases: StreamLeases; holder: string } | undefined;
	streams: Streams;
	clocks: Pick<ClockWatch, "said">;
	log: Logger;
}

/** @param all the settings of each connection @returns in their order */
export async function createEntrances(
	all: readonly XmppConnection[],
	deps: EntranceDeps,
): Promise<readonly Entrance[]> {
	const { connections, permissions, clocks, log } = deps;
	const entrances: Entrance[] = [];
	for (const settings of all) {
		const rivals = await createRivals(settings, deps);
		const { sameDatabase, others } = rivals;
		const intake = createIntake(settings, {
			...deps.intake,
			send: (stanza) => connections.sendFrom(settings.address, stanza),
			...(sameDatabase && { same: sameDatabase.answer }),
			...(others && { doubt: others.doubt }),
			own:
				permissions && settings.kind === "component"
					? {
							domains: permissions.domains,
							hear: (message) => permissions.hear(settings.address, message),
						}
					: undefined,
		});
		const server =
			settings.kind === "account"
				? createServerCheck({
						account: settings,
						ask: intake.ask,
						onTime: (date) => clocks.said(settings.domain, date),
						log,
					})
				: undefined;
		entrances.push({ settings, intake, rivals, server });
	}
	return entrances;
}

/** What the operator is told of the accounts' servers. @param notes what else there is to tell */
export function serversForAdmins(
	entrances: readonly Entrance[],
	connections: Pick<Connections, "services">,
	notes: readonly string[] = [],
): AdminReadiness {
	const urls = connections.services();
	const servers = entrances.flatMap(({ settings: { address }, server }) => {
		if (!server) return [];
		const url = urls.get(address);
		const { push, resumption, longestStanza } = server.facts();
		return {
			address,
			service: url === undefined ? null : shownUrl(url),
			push: push ?? null,
			resumption: resumption ?? null,
			longestStanza: longestStanza ?? null,
		};
	});
	return { notes: [...entrances.flatMap(({ server }) => server?.lacks() ?? []), ...notes], servers };
}
