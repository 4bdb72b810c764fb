/** Publishes from an XMPP server to a push service and back, beside a bare component that makes one bare request. */
import { allAnswered, atLeast, type Figure, missingRow, type Row, type Section } from "./rows.ts";
import { inTurns } from "./turns.ts";
import { coresApart, leavingCore } from "./wire/cores.ts";
import { ACCOUNT } from "./wire/names.ts";
import type { ProviderKind } from "./wire/provider.ts";
import {
	collectionsUnder,
	firstStartWith,
	floorOf,
	type Load,
	measure,
	onCore,
	type Provider,
	reveilleOn,
	startProvider,
} from "./wire/scene.ts";
import { type Seeded, seed } from "./wire/seeded.ts";

const REGISTRATIONS = 100_000;
/** On their way at once: what a busy server has, and less than what makes us put some on disk. */
const WINDOW = 512;
const TARGETS: Readonly<Record<ProviderKind, number>> = { fcm: 0.75, apns: 0.6, webpush: 0.75 };
/** To be reached where the floor reached FAST_FLOOR. */
const LEAST = 8_000;
const FAST_FLOOR = 15_000;
/** At half the maximum rate, ms. */
const P99_MS = 5;

const NAMES: Readonly<Record<ProviderKind, string>> = {
	fcm: "FCM",
	apns: "APNs (HTTP/2, TLS)",
	webpush: "Web Push (encrypted)",
};
const FLOORS: Readonly<Record<ProviderKind, string>> = {
	fcm: "bare @xmpp/component, one fetch",
	apns: "bare @xmpp/component, one HTTP/2 fetch",
	webpush: "bare @xmpp/component, encrypts, one fetch",
};

/** Some kinds of load, over one provider and one database. */
async function ofProvider(kind: ProviderKind, report: (row: Row) => void): Promise<void> {
	const provider = await startProvider(kind);
	let seeded: Seeded | undefined;
	try {
		seeded = await seed(REGISTRATIONS, kind, provider, firstStartWith(provider));
		const { dataFolder, targets } = seeded;
		const load = { transport: "component", targets, window: WINDOW } as const;
		const ours = reveilleOn(dataFolder, provider);
		const floor = floorOf(provider);

		const most = await inTurns(
			() => measure(floor, load),
			() => measure(ours, load),
		);
		// The first floor's fetch may send a push twice.
		const once = kind === "apns" ? await measure(floorOf(provider, { isOnce: true }), load) : undefined;
		report({
			name: `${NAMES[kind]}, ${WINDOW} on their way`,
			unit: "publishes",
			ours: most.ours,
			target: TARGETS[kind],
			floor: { ...most.floor, name: FLOORS[kind] },
			must: [allAnswered(most.ours), ...(isFast(kind, most.floor) ? [atLeast(LEAST, most.ours)] : [])],
			...(once && { note: noteOf(once) }),
		});

		const half = { ...load, rate: Math.floor(most.ours.rate / 2) };
		const atHalf = await inTurns(
			() => measure(floor, half),
			() => measure(ours, half),
		);
		report({
			name: `${NAMES[kind]}, half of that rate`,
			unit: "publishes",
			ours: atHalf.ours,
			floor: { ...atHalf.floor, name: FLOORS[kind] },
			must: [allAnswered(atHalf.ours), isNear(atHalf)],
		});
		report(await alone(provider, seeded, half));

		if (kind === "fcm") await otherWays(provider, seeded, { ...most.floor, name: FLOORS.fcm }, report);
	} finally {
		seeded?.remove();
		await provider.stop();
	}
}

/** Where nothing else wants the core, no publish waits for one: what remains is Reveille's own. */
async function alone(provider: Provider, { dataFolder }: Seeded, load: Load): Promise<Row> {
	const { kind } = provider;
	const name = `${NAMES[kind]}, half of that rate, alone on a core`;
	const unit = "publishes";
	const cores = coresApart();
	if (typeof cores === "string") return missingRow(name, unit, cores);
	const { measured } = cores;
	const ours = (settings = {}) => onCore(measured, reveilleOn(dataFolder, provider, settings));
	return leavingCore(cores, [provider.pid], async () => {
		const turns = await inTurns(
			() => measure(onCore(measured, floorOf(provider)), load),
			() => measure(ours(), load),
		);
		return {
			name,
			unit,
			ours: turns.ours,
			floor: { ...turns.floor, name: FLOORS[kind] },
			must: [allAnswered(turns.ours), isNear(turns)],
			note: await collectionsUnder(ours, load),
		};
	});
}

async function otherWays(
	provider: Provider,
	{ dataFolder, targets }: Seeded,
	floor: Row["floor"] & object,
	report: (row: Row) => void,
): Promise<void> {
	const load = { transport: "component", targets, window: WINDOW } as const;
	// Each stanza is counted there, and the count is on disk before the server hears of it.
	const asAccount = { ...load, transport: "websocket", window: 128 } as const;
	const [username = "", domain = "", resource = ""] = ACCOUNT.split(/[@/]/);
	const overWebSocket = await inTurns(
		() => measure(floorOf(provider, { account: { username, domain, resource } }), asAccount),
		() => measure(reveilleOn(dataFolder, provider), asAccount),
	);
	report({
		name: "FCM, as an account over WebSocket",
		unit: "publishes",
		ours: overWebSocket.ours,
		floor: { ...overWebSocket.floor, name: "bare @xmpp/client with resumption, one fetch" },
		must: [allAnswered(overWebSocket.ours)],
	});
	const throttled = await measure(reveilleOn(dataFolder, provider, { PUSH_INTERVAL_MS: "1000" }), {
		...load,
		repeat: 4,
	});
	report({
		name: "FCM, four in a row to each, throttled to 1/s",
		unit: "publishes",
		ours: throttled,
		floor,
		must: [allAnswered(throttled)],
		note: "what is held back is answered when it went out or was superseded: the window is full of those",
	});
}

const noteOf = ({ rate, cpu = Number.NaN }: Figure) =>
	`a floor that sends nothing twice: ${Math.round(rate).toLocaleString("en")}/s, ${cpu.toFixed(0)} µs each`;

const isNear = ({ ours, floor }: { ours: Figure; floor: Figure }) => ({
	what: `p99 at most ${P99_MS} ms above the floor's`,
	isMet: (ours.p99 ?? 0) - (floor.p99 ?? 0) <= P99_MS,
});

const isFast = (kind: ProviderKind, { rate }: Figure) => kind !== "webpush" && rate >= FAST_FLOOR;

export const wire: Section = {
	name: "wire",
	about: `publishes over the component socket and WebSocket, ${REGISTRATIONS.toLocaleString("en")} registrations, against a bare component`,
	async run(report) {
		for (const kind of ["fcm", "apns", "webpush"] as const) await ofProvider(kind, report);
	},
};
