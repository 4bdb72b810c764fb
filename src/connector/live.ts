/** How a connector is now, for the console: asked when somebody looks, and at the end of each minute. */
import type { Config } from "../config/config.ts";
import type { Gates } from "../delivery/gates/gates.ts";
import type { Moment } from "../delivery/journal-writes.ts";
import { consoleBounds } from "../limits/bounds/console.ts";
import type { ShutGate } from "../store/console/figures.ts";
import type { Outbox } from "../store/local/outbox.ts";
import type { Connections } from "./connections.ts";

/** Times are ms since the epoch. */
export interface Live {
	/** Those that are shut, with how many pushes wait for each. */
	gates: (ShutGate & { waiting: number })[];
	/** How many are open and were used lately. */
	gatesOpen: number;
	/** Pushes on this connector's disk, and when the first of them is due. */
	outbox: { entries: number; oldestDueAt?: number };
	addresses: { address: string; isOnline: boolean; since?: number }[];
	/** What is wrong with the addresses; missing: nothing. */
	note?: string;
	/** Pushes that were sent and not answered yet, by app. */
	inFlight: Record<string, number>;
	/** When the certificate of an app expires. */
	certificates: { app: string; endsAt: number }[];
	/** How old the replica may be, ms; missing: it reads the primary. */
	replicaAgeMs?: number;
}

export interface LiveDeps {
	config: Pick<Config, "connections">;
	connections: Pick<Connections, "onlineSince" | "status">;
	outbox: Pick<Outbox, "depth" | "waitingAt">;
	gates: Pick<Gates, "shutSince" | "inFlight">;
	/** Unix time in seconds, by app. */
	certificates: ReadonlyMap<string, number>;
	replica: { freshAt(): number } | undefined;
	now?: () => number;
}

const appOf = (gate: string) => gate.split(" ")[0] ?? gate;

export function createLive(deps: LiveDeps): () => Promise<Live> {
	const { config, connections, outbox, gates, certificates, replica, now = Date.now } = deps;

	async function gate({ name, reason, ...times }: ReturnType<Gates["shutSince"]>[number]) {
		return { name, app: appOf(name), ...times, why: reason, waiting: await outbox.waitingAt(name) };
	}

	return async () => {
		const shut = gates.shutSince();
		const inFlight: Record<string, number> = {};
		for (const [name, count] of gates.inFlight())
			if (count > 0) inFlight[appOf(name)] = (inFlight[appOf(name)] ?? 0) + count;
		const since = connections.onlineSince();
		const status = connections.status();
		const { entries, oldestDueAt } = await outbox.depth();
		return {
			gates: await Promise.all(shut.slice(0, consoleBounds.gatesOfMinute.is).map(gate)),
			gatesOpen: gates.inFlight().size - shut.length,
			outbox: { entries, ...(oldestDueAt !== undefined && { oldestDueAt }) },
			addresses: config.connections.map(({ address }) => {
				const at = since.get(address) ?? 0;
				return { address, isOnline: at > 0, ...(at > 0 && { since: at }) };
			}),
			...(status !== true && { note: status }),
			inFlight,
			certificates: [...certificates].map(([app, seconds]) => ({ app, endsAt: seconds * 1000 })),
			...(replica && { replicaAgeMs: Math.max(0, now() - replica.freshAt()) }),
		};
	};
}

/** The part of a minute's figures that is so at its end. */
export function momentOf(live: Live, host: string, now: () => number = Date.now): Moment {
	const { gates, outbox, addresses, note, replicaAgeMs } = live;
	const { oldestDueAt } = outbox;
	return {
		host,
		waiting: outbox.entries,
		oldestDueMs: oldestDueAt === undefined ? 0 : Math.max(0, now() - oldestDueAt),
		addresses: Object.fromEntries(addresses.map(({ address, since = 0 }) => [address, since])),
		shut: gates.map(({ waiting: _, ...gate }) => gate),
		...(replicaAgeMs !== undefined && { replicaAgeMs }),
		...(note !== undefined && { note: note.slice(0, consoleBounds.eventText.is) }),
	};
}
