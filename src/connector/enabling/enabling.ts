/** All that enables push for one's own users, put together: permissions, what is done by them, and what is told of it. */
import type { Logger } from "@logtape/logtape";
import type { Config } from "../../config/config.ts";
import { about } from "../../messages/about.ts";
import { createOwnUsers, type OwnUsers, type OwnUsersDeps } from "../../registering/own-users.ts";
import { partyOfOwner } from "../../xmpp/party.ts";
import type { Entrance } from "../entrances.ts";
import { createEnabler, type EnablerDeps } from "./enabler.ts";
import { createPermissions, type Permissions } from "./permissions.ts";
import { createServerLook, type DomainState } from "./server-look.ts";

export interface EnablingParts {
	ownUsers: OwnUsers;
	permissions: Permissions;
	/** A component's stream is open. */
	opened(entrance: Entrance): void;
	/** Its address is ours. */
	online(entrance: Entrance): void;
	/** Of each domain, once it was looked at. */
	states(): DomainState[];
	/** A sentence for each that lacks something. */
	notes(): string[];
	start(entrances: readonly Entrance[]): void;
	stop(): Promise<void>;
}

export interface EnablingDeps extends Pick<EnablerDeps, "enablings" | "registrations" | "ownerForm"> {
	keyring: EnablerDeps["keyring"] & OwnUsersDeps["keyring"];
	config: Pick<Config, "enableFor">;
	consoleStore: { bars: Pick<OwnUsersDeps, "isBarred"> };
	log: Logger;
}

/** @returns undefined: XMPP_ENABLE_FOR lists no domain */
export function createEnabling(deps: EnablingDeps): EnablingParts | undefined {
	const { enablings, log } = deps;
	const { enableFor } = deps.config;
	if (!enableFor) return undefined;
	const permissions = createPermissions(enableFor.domains);
	const enabler = createEnabler({ ...deps, permissions });
	permissions.listen(enabler.permitted);
	const look = createServerLook({ permissions, log });

	/** What was enabled there stays so: nobody may act for these users any more. */
	async function tellOfUnlisted() {
		for (const { domain, count } of await enablings.countByDomain().catch(() => [])) {
			if (enableFor?.domains.includes(domain)) continue;
			log.warn(
				"Push was enabled for {count} registrations of {where}, which XMPP_ENABLE_FOR does not list any more. They are still published to, and are not disabled when they end.",
				about("enabled-and-not-listed", { where: domain, count }),
			);
		}
	}

	return {
		ownUsers: createOwnUsers({
			...deps,
			...enableFor,
			...deps.consoleStore.bars,
			partyOf: partyOfOwner,
			attempt: enabler.attempt,
			onEnd: enabler.look,
		}),
		permissions,
		opened({ settings: { kind, address } }) {
			if (kind === "component") permissions.opened(address);
		},
		online({ settings: { kind, address }, intake }) {
			if (kind === "component") look.online(address, intake.ask);
		},
		states: look.states,
		notes: () => look.states().flatMap(({ lacks }) => (lacks ? [`${lacks.what} ${lacks.cure}`] : [])),
		start(entrances) {
			void tellOfUnlisted();
			enabler.start(
				entrances
					.filter(({ settings }) => settings.kind === "component")
					.map(({ settings, intake }) => ({ settings, ask: intake.ask })),
			);
		},
		async stop() {
			look.stop();
			await enabler.stop();
		},
	};
}
