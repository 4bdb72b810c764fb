/**
 * What the console's routes ask of the rest of Reveille: what is written down in the shared database, and what this
 * process knows by itself. Times are ms since the epoch.
 */
import type { Journal } from "../../../delivery/journal.ts";
import type { Bars } from "../../../store/console/bars.ts";
import type { Events } from "../../../store/console/events.ts";
import type { ShutGate } from "../../../store/console/figures.ts";
import type { History } from "../../../store/console/history.ts";
import type { Search } from "../../../store/console/search.ts";
import type { Invites } from "../../../store/invites.ts";
import type { ServiceName } from "../../../types.ts";

export interface ConsoleStore {
	history: Pick<History, "read">;
	events: Pick<Events, "list" | "about" | "countToday" | "from">;
	bars: Bars;
	search: Search;
	invites: Pick<Invites, "list" | "make" | "revoke">;
}

/** What this process notices by itself. */
export type ConsoleJournal = Pick<Journal, "listen" | "lastPublish" | "lastSend">;

/** A gate that is shut. */
export interface ShutNow extends ShutGate {
	/** Pushes that wait for it, where that is known. */
	waiting?: number;
}

/** What the connector of this process knows now (connector/live.ts). */
export interface ConnectorNow {
	gates: readonly ShutNow[];
	/** How many are open, of those that were asked at lately. */
	gatesOpen: number;
	/** Pushes on its disk, and when the first of them is due. */
	outbox: { entries: number; oldestDueAt?: number };
	addresses: readonly { address: string; isOnline: boolean; since?: number }[];
	/** Why it is not online. */
	note?: string;
	/** When the certificate of an app ends. */
	certificates: readonly { app: string; endsAt: number }[];
	replicaAgeMs?: number;
}

/** An app, as far as the console shows it. */
export interface ConsoleApp {
	name: string;
	service: ServiceName;
	/** What it shows to its push service, in words; missing: nothing is needed. */
	credential?: string;
}
