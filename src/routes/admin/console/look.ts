/** How it is: what the pages of the console stand on, gathered from the database and from this process. */
import type { Figures } from "../../../store/console/figures.ts";
import type { Minute } from "../../../store/console/history.ts";
import { databaseFault } from "../../../store/database-fault.ts";
import { present } from "../../../syntax/present-fields.ts";
import type { ConnectorView, GateView, Period } from "../../../web/console/wire.ts";
import type { AppDeps, OperatorDeps } from "../../deps.ts";
import { SILENT_MS } from "./sentences/overview.ts";
import type { ConnectorNow, ShutNow } from "./sources.ts";
import { beginOf, type ConnectorTimeline, type Timeline, timelineOf } from "./timeline.ts";

export interface Look {
	now: number;
	timeline: Timeline;
	connectors: (ConnectorView & { note?: string })[];
	/** Those that are shut. */
	gates: GateView[];
	gatesOpen: number;
	waiting: number;
	oldestDueMs: number;
	/** By app: when its certificate ends. */
	certificates: ReadonlyMap<string, number>;
	/** By app; undefined: they are being counted. */
	registrations: ReadonlyMap<string, number> | undefined;
}

export interface Looking {
	look(period: Period): Promise<Look>;
	/** The shut gates alone. */
	gates(): Promise<GateView[]>;
	/** Begins to count registrations, so that the first look has them. */
	warmUp(): void;
}

const MINUTE_MS = 60_000;
const WRITTEN_AFTER_MS = 5_000;

export function createLooking({ now = Date.now }: Pick<AppDeps, "now">, own: OperatorDeps): Looking {
	/** While the database is away there are no numbers, and what this process knows is shown all the same. */
	async function rowsOf(period: Period, minute: number): Promise<Minute[]> {
		try {
			return await own.history.read(beginOf(period, minute), minute);
		} catch (error) {
			if (databaseFault(error)) return [];
			throw error;
		}
	}

	async function look(period: Period): Promise<Look> {
		const at = now();
		// The minute that is not over yet has no numbers, and those of the last one take a moment to be written.
		const minute = Math.floor((at - WRITTEN_AFTER_MS) / MINUTE_MS) - 1;
		const [rows, known, live] = await Promise.all([
			rowsOf(period, minute),
			own.census.latest(),
			own.connector?.live(),
		]);
		const timeline = await timelineOf(rows, { period, minute });
		const latest = latestOf(timeline, own.connector && live && { ...own.connector, ...live }, at);
		const seen = latest.filter(({ seenAt }) => at - seenAt <= SILENT_MS);
		const gates = gatesOf(seen, at);
		return {
			now: at,
			timeline,
			connectors: viewsOf(latest, at),
			gates,
			gatesOpen:
				live?.gatesOpen ?? own.apps.filter(({ name }) => !gates.some(({ app }) => app === name)).length,
			waiting: seen.reduce((sum, { figures }) => sum + figures.waiting, 0),
			oldestDueMs: Math.max(0, ...seen.map(({ figures }) => figures.oldestDueMs)),
			certificates: new Map(live?.certificates.map(({ app, endsAt }) => [app, endsAt])),
			registrations: known?.apps,
		};
	}

	return {
		look,
		gates: async () => (await look("hour")).gates,
		warmUp: () => void own.census.latest(),
	};
}

/** What one connector said last. */
interface Latest extends Pick<ConnectorTimeline, "connector" | "delivered"> {
	seenAt: number;
	figures: Pick<Figures, "host" | "waiting" | "oldestDueMs" | "addresses" | "replicaAgeMs" | "note"> & {
		shut: readonly ShutNow[];
	};
	p99?: number;
}

function latestOf(
	{ connectors, intervals }: Timeline,
	own: (ConnectorNow & { id: string; host: string }) | undefined,
	now: number,
): Latest[] {
	const all: Latest[] = connectors.map(({ connector, last, delivered, p99 }) => ({
		connector,
		delivered,
		// What was written at the end of its minute.
		seenAt: (last.minute + (last.figures.minutes ?? 1)) * MINUTE_MS,
		figures: last.figures,
		...present({ p99 }),
	}));
	if (!own) return all;
	const written = all.find(({ connector }) => connector === own.id);
	const { host, outbox, addresses, gates, replicaAgeMs, note } = own;
	const { oldestDueAt = now } = outbox;
	const figures = {
		host,
		waiting: outbox.entries,
		oldestDueMs: Math.max(0, now - oldestDueAt),
		addresses: Object.fromEntries(addresses.map(({ address, since = 0 }) => [address, since])),
		shut: gates,
		...present({ replicaAgeMs, note }),
	};
	const ours: Latest = {
		connector: own.id,
		delivered: written?.delivered ?? intervals.map(() => 0),
		seenAt: now,
		figures,
		...present({ p99: written?.p99 }),
	};
	return [ours, ...all.filter((one) => one !== written)];
}

const NO_XMPP = "XMPP is not set up: set XMPP_SERVICE, XMPP_USERNAME and XMPP_PASSWORD";

function viewsOf(latest: readonly Latest[], now: number): Look["connectors"] {
	const isSeen = ({ seenAt }: Latest) => now - seenAt <= SILENT_MS;
	const held = new Set(
		latest
			.filter(isSeen)
			.flatMap(({ figures }) =>
				Object.entries(figures.addresses).flatMap(([address, at]) => (at > 0 ? [address] : [])),
			),
	);
	const sameHost = (host: string) => latest.filter(({ figures }) => figures.host === host).length > 1;
	return latest.map((one) => {
		const { connector, figures, seenAt, delivered, p99 } = one;
		const addresses = Object.entries(figures.addresses);
		return {
			name: sameHost(figures.host) ? `${figures.host} (${connector.slice(0, 4)})` : figures.host,
			// One that stands by is well: another one holds its address.
			isOnline: isSeen(one) && addresses.length > 0 && addresses.every(([address]) => held.has(address)),
			addresses: addresses.map(([address, since]) => ({
				address,
				isOnline: isSeen(one) && since > 0,
				...(since > 0 && { since }),
			})),
			seenAt,
			delivered,
			...present({
				p99,
				waiting: isSeen(one) ? figures.waiting : undefined,
				replicaAge: isSeen(one) ? figures.replicaAgeMs : undefined,
				note: figures.note ?? (addresses.length === 0 ? NO_XMPP : undefined),
			}),
		};
	});
}

/** Each gate once, as the connector says that has had it shut for longest. */
function gatesOf(latest: readonly Latest[], now: number): GateView[] {
	const gates = new Map<string, ShutNow>();
	for (const { figures } of latest) {
		for (const gate of figures.shut) {
			const known = gates.get(gate.name);
			const [first, waiting] = known
				? [known.since <= gate.since ? known : gate, (known.waiting ?? 0) + (gate.waiting ?? 0)]
				: [gate, gate.waiting ?? 0];
			gates.set(gate.name, { ...first, waiting });
		}
	}
	return [...gates.values()].map(({ name, app, since, until, why, waiting = 0, isOurs }) => {
		const ours = isOurs === true;
		// Whoever asks next tries it.
		const next = until ?? now;
		return {
			app,
			state: !ours && next <= now ? "trying" : "shut",
			since,
			why,
			waiting,
			...present({ origin: originOf(name, app), until: ours ? undefined : next }),
		};
	});
}

/** The name of a gate is that of its app, and behind a blank the origin that a client chose. */
function originOf(name: string, app: string): string | undefined {
	const origin = name.startsWith(`${app} `) ? name.slice(app.length + 1) : undefined;
	return origin === undefined || origin === "" ? undefined : origin.replace(/^https?:\/\//, "");
}
