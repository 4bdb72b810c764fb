/** Publishes from an XMPP server to a push service and back, beside a bare component that makes one bare request. */
import { allAnswered, atLeast, type Figure, type Row, type Section } from "./rows.ts";
import type { ProviderKind } from "./wire/provider.ts";
import { firstStartWith, floorOf, measure, type Provider, reveilleOn, startProvider } from "./wire/scene.ts";
import { type Seeded, seed } from "./wire/seeded.ts";

const REGISTRATIONS = 100_000;
/** On their way at once: what a busy server has, and less than what makes us put some on disk. */
const WINDOW = 512;
const TARGET = 0.7;
/** To be reached where the floor reached FAST_FLOOR. */
const LEAST = 8_000;
const FAST_FLOOR = 15_000;
/** At half the maximum rate, beyond the push service's own time, ms. */
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

		const floorAtMost = await measure(floor, load);
		const atMost = await measure(ours, load);
		report({
			name: `${NAMES[kind]}, ${WINDOW} on their way`,
			unit: "publishes",
			ours: atMost,
			target: TARGET,
			floor: { ...floorAtMost, name: FLOORS[kind] },
			must: [allAnswered(atMost), ...(isFast(kind, floorAtMost) ? [atLeast(LEAST, atMost)] : [])],
		});

		const half = { ...load, rate: Math.floor(atMost.rate / 2) };
		const floorAtHalf = await measure(floor, half);
		const atHalf = await measure(ours, half);
		report({
			name: `${NAMES[kind]}, half of that rate`,
			unit: "publishes",
			ours: atHalf,
			floor: { ...floorAtHalf, name: FLOORS[kind] },
			// The push service answers at once: all is ours.
			must: [allAnswered(atHalf), { what: `p99 under ${P99_MS} ms`, isMet: (atHalf.p99 ?? P99_MS) < P99_MS }],
		});

		if (kind === "fcm") await otherWays(provider, seeded, { ...floorAtMost, name: FLOORS.fcm }, report);
	} finally {
		seeded?.remove();
		await provider.stop();
	}
}

async function otherWays(
	provider: Provider,
	{ dataFolder, targets }: Seeded,
	floor: Row["floor"] & object,
	report: (row: Row) => void,
): Promise<void> {
	const load = { transport: "component", targets, window: WINDOW } as const;
	// Each stanza is counted there, and the count is on disk before the server hears of it.
	const overWebSocket = await measure(reveilleOn(dataFolder, provider), {
		...load,
		transport: "websocket",
		window: 128,
	});
	report({
		name: "FCM, as an account over WebSocket",
		unit: "publishes",
		ours: overWebSocket,
		floor,
		must: [allAnswered(overWebSocket)],
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

const isFast = (kind: ProviderKind, { rate }: Figure) => kind !== "webpush" && rate >= FAST_FLOOR;

export const wire: Section = {
	name: "wire",
	about: `publishes over the component socket and WebSocket, ${REGISTRATIONS.toLocaleString("en")} registrations, against a bare component`,
	async run(report) {
		for (const kind of ["fcm", "apns", "webpush"] as const) await ofProvider(kind, report);
	},
};
