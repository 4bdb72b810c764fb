/** What a console may be told: a server that is well, one that nobody uses yet, a broken one, and hostile names. */
import type {
	BarView,
	ConnectorView,
	EventView,
	Fate,
	FoundEvents,
	FoundRegistrations,
	Interval,
	InviteView,
	Leg,
	Overview,
	RegistrationRow,
	RegistrationView,
	ServicesView,
	TestPush,
} from "../../../src/web/console/wire.ts";

export type Stage = "ok" | "empty" | "broken" | "hostile";

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** Names that would do harm as HTML, would leave their place, or hide what is beside them. */
export const HOSTILE = [
	`<img src=x onerror="document.title='owned'"><script>document.title='owned'</script>`,
	`"><svg/onload=document.title='owned'>'`,
	"‮gro.elpmaxe@oemor‬",
	`${"a".repeat(300)}`,
	"{{constructor.constructor('document.title=1')()}}",
	"line\nbreak\tand\u0000nul",
];
const hostile = (index: number) => HOSTILE[index % HOSTILE.length] ?? "";

/** The same each time, between 0 and 1. */
const wave = (index: number, length: number) => (1 + Math.sin((index * 2 * Math.PI) / length)) / 2;

/** @param now the minute that is not over yet is left out */
export function intervals(now: number, stage: Stage, stepMs = MINUTE, count = 60): Interval[] {
	const last = Math.floor(now / stepMs) * stepMs;
	return Array.from({ length: count }, (_, index): Interval => {
		const at = last - (count - index) * stepMs;
		const scale = stepMs / MINUTE;
		if (stage === "empty") {
			return {
				at,
				pushes: { delivered: 0, later: 0, gone: 0, refused: 0, setup: 0 },
				publishes: 0,
				waiting: 0,
			};
		}
		const usual = Math.round((55 + 20 * wave(index, 17) + 8 * wave(index, 3)) * scale);
		const isBroken = stage === "broken" && index >= 0.6 * count;
		if (stage === "broken" && index >= 0.8 * count && index < 0.8 * count + 3) return { at };
		const isBusy = stage !== "broken" && index >= 0.78 * count && index < 0.88 * count;
		const later = isBroken ? Math.round(34 * scale) : isBusy ? Math.round(18 * scale) : index % 3;
		return {
			at,
			pushes: {
				delivered: isBroken ? Math.round(usual / 2) : usual,
				later,
				gone: index % 4 === 0 ? 1 : 0,
				refused: index % 11 === 0 ? 1 : 0,
				setup: isBroken ? Math.round(6 * scale) : 0,
			},
			publishes: usual,
			p50: 18 + 6 * wave(index, 13),
			p99: 150 + 60 * wave(index, 7) + (isBusy || isBroken ? 150 : 0),
			waiting: isBroken ? 34 * (index - Math.floor(0.6 * count)) : isBusy ? 45 : index % 5,
			oldestDue: isBroken ? 24 * MINUTE : 6_000,
		};
	});
}

function totalsOf(all: readonly Interval[]): Record<Fate, number> {
	const totals = { delivered: 0, later: 0, gone: 0, refused: 0, setup: 0 };
	for (const { pushes } of all) {
		if (!pushes) continue;
		for (const fate of Object.keys(totals) as Fate[]) totals[fate] += pushes[fate];
	}
	return totals;
}

const connector = (now: number, name: string, more: Partial<ConnectorView> = {}): ConnectorView => ({
	name,
	isOnline: true,
	addresses: [{ address: "push.example.net", isOnline: true, since: now - 8 * DAY }],
	seenAt: now - 20_000,
	delivered: Array.from({ length: 60 }, (_, index) => Math.round(25 + 20 * wave(index, 9))),
	p99: 171,
	waiting: 1,
	replicaAge: 400,
	...more,
});

const SERVICES: Overview["services"] = [
	{ name: "Web Push", isOn: true },
	{ name: "UnifiedPush and ntfy", isOn: true },
	{ name: "Apple (APNs)", isOn: false, turnOn: "Set APNS_KEY, APNS_KEY_ID, APNS_TEAM_ID and APNS_TOPIC" },
	{ name: "Google (FCM)", isOn: false, turnOn: "Set FCM_SERVICE_ACCOUNT" },
	{ name: "Windows (WNS)", isOn: false, turnOn: "Set WNS_CLIENT_ID and WNS_CLIENT_SECRET" },
];

const leg = (name: string, text: string, state: Leg["state"] = "ok", ms?: number): Leg =>
	ms === undefined ? { name, text, state } : { name, text, state, ms };

export function overview(now: number, stage: Stage, stepMs = MINUTE, count = 60): Overview {
	const all = intervals(now, stage, stepMs, count);
	const whole: Overview = {
		title: "All is well",
		state: "ok",
		text: "4,163 pushes were delivered in the last hour, half of them within 0.2 s. ntfy.example.org was busy at 13:52; the 45 pushes that waited have arrived.",
		troubles: [],
		upTo: Math.floor(now / MINUTE) * MINUTE,
		stepMs,
		intervals: all,
		totals: totalsOf(all),
		connectors: [
			connector(now, "berta"),
			connector(now, "clara", {
				addresses: [{ address: "push.example.net", isOnline: true, since: now - 2 * HOUR }],
				p99: 196,
				waiting: 2,
				replicaAge: 900,
			}),
		],
		gates: [
			{
				app: "unifiedpush",
				origin: "https://ntfy.example.org",
				state: "open",
				since: now - 13 * MINUTE,
				until: now - 7 * MINUTE,
				why: "it answered 429 to 12 devices.",
				waiting: 0,
			},
		],
		gatesOpen: 7,
		credentials: [
			{
				app: "chat-ios-old",
				what: "APNs certificate",
				endsAt: now + 41 * DAY,
				state: "warn",
				text: "It ends in 41 days. Renew it before then.",
			},
		],
		registrations: 18_204,
		way: [
			leg("XMPP", "2 of 2 connectors online"),
			leg("Reveille", "21 ms to the answer"),
			leg("Outbox", "3 wait, the oldest for 6 s"),
			leg("Push services", "All 7 gates are open"),
			leg("Devices", "18,204 registered"),
		].map(({ name, text, state }) => ({ name, text, state })),
		services: SERVICES,
	};
	if (stage === "empty") {
		return {
			...whole,
			title: "Ready, and nobody is registered yet",
			state: "empty",
			text: "Reveille is connected to example.net. Open the web app, or give somebody an invite.",
			connectors: [connector(now, "berta", { delivered: [], waiting: 0 })],
			gates: [],
			credentials: [],
			registrations: 0,
			way: [
				leg("XMPP", "1 of 1 connector online"),
				leg("Reveille", "Waits for a publish"),
				leg("Outbox", "Empty"),
				leg("Push services", "2 on, 3 off"),
				leg("Devices", "None", "off"),
			],
		};
	}
	if (stage === "broken") return { ...whole, ...brokenOverview(now) };
	if (stage === "hostile") {
		return {
			...whole,
			title: `All is well at ${hostile(0)}`,
			text: hostile(1),
			connectors: [
				connector(now, hostile(0), { addresses: [{ address: hostile(3), isOnline: true, since: now }] }),
				connector(now, hostile(2)),
			],
			gates: [
				{
					app: hostile(1),
					origin: `https://${hostile(3)}.example`,
					state: "shut",
					why: hostile(0),
					waiting: 6,
				},
			],
			credentials: [{ app: hostile(0), what: hostile(1), state: "bad", text: hostile(3) }],
			way: whole.way.map(({ name, state }, index) => ({ name, state, text: hostile(index) })),
			troubles: [{ title: hostile(0), state: "bad", text: hostile(3), copy: hostile(1), more: hostile(0) }],
		};
	}
	return whole;
}

function brokenOverview(now: number): Partial<Overview> {
	return {
		title: "Pushes to iPhones fail, and one connector is offline",
		state: "bad",
		text: "Apple refuses the key of chat-ios since 13:41. 812 pushes wait; none is lost. Of the others, all arrive: Web Push and Google are well.",
		troubles: [
			{
				title: "Renew the APNs key",
				state: "bad",
				text: "Apple says InvalidProviderToken: the key KEY1234567 was revoked, or the clock of this machine is wrong. Set APNS_KEY to a new key and restart.",
				copy: "timedatectl set-ntp true",
				more: "services",
			},
			{
				title: "Look at the connector clara",
				state: "bad",
				text: "No sign for 11 minutes. Its last word was “The server closed the stream: system-shutdown”. berta does the work of both.",
			},
			{
				title: "Look at the database",
				state: "warn",
				text: "The replica of berta is 4 minutes old: db.example.net does not answer. Pushes go on; nobody can register.",
			},
		],
		connectors: [
			connector(now, "berta", { p99: 210, waiting: 812, replicaAge: 4 * MINUTE }),
			{
				name: "clara",
				isOnline: false,
				addresses: [{ address: "push.example.net", isOnline: false }],
				seenAt: now - 11 * MINUTE,
				delivered: [],
			},
		],
		gates: shutGates(now),
		gatesOpen: 5,
		way: [
			leg("XMPP", "1 of 2 connectors online", "warn"),
			leg("Reveille", "24 ms to the answer"),
			leg("Outbox", "812 wait, the oldest for 24 min", "warn"),
			leg("Push services", "2 of 7 gates are shut", "bad"),
			leg("Devices", "18,204 registered"),
		],
	};
}

const shutGates = (now: number): Overview["gates"] => [
	{
		app: "chat-ios",
		state: "shut",
		since: now - 24 * MINUTE,
		why: "Apple answers 403 InvalidProviderToken to every push. The key KEY1234567 was revoked, or the clock is wrong.",
		waiting: 806,
	},
	{
		app: "unifiedpush",
		origin: "https://ntfy.example.org",
		state: "shut",
		since: now - MINUTE,
		until: now + 4 * MINUTE,
		why: "It answers 429 (too many requests) to 12 devices of 9 domains.",
		waiting: 6,
	},
];

export function services(now: number, stage: Stage): ServicesView {
	const none = { delivered: 0, later: 0, gone: 0, refused: 0, setup: 0 };
	const whole: ServicesView = {
		title:
			stage === "broken"
				? "Two of seven gates are shut. A shut gate keeps its pushes and tries again by itself."
				: "All gates are open: pushes go out as they come.",
		gates: stage === "broken" ? shutGates(now) : [],
		apps: [
			{
				app: "webpush",
				service: "Web Push",
				isOn: true,
				gate: "open",
				registrations: 11_870,
				pushes: { ...none, delivered: 2204, later: 6, gone: 21, refused: 2 },
				credential: { app: "webpush", what: "VAPID key", state: "ok", text: "no end" },
			},
			{
				app: "chat-ios",
				service: "Apple",
				isOn: true,
				gate: stage === "broken" ? "shut" : "open",
				registrations: 3411,
				pushes: { ...none, delivered: 402, gone: 2, setup: stage === "broken" ? 806 : 0 },
				credential: { app: "chat-ios", what: "Key KEY1234567", state: "bad", text: "refused since 13:41" },
			},
			{
				app: "unifiedpush",
				service: "UnifiedPush and ntfy",
				isOn: true,
				gate: stage === "broken" ? "some-shut" : "open",
				registrations: 808,
				pushes: { ...none, delivered: 32, later: 49, refused: 8 },
			},
			{
				app: "windows",
				service: "Windows",
				isOn: false,
				turnOn: "Set WNS_CLIENT_ID",
				gate: "open",
				registrations: 0,
				pushes: none,
			},
		],
		reasons: [
			{
				reason: "403 InvalidProviderToken",
				fate: "setup",
				app: "chat-ios",
				count: 806,
				text: "Apple does not accept our key. Renew it.",
			},
			{
				reason: "429 Too Many Requests",
				fate: "later",
				app: "unifiedpush",
				count: 49,
				text: "The server is busy. Nothing to do.",
			},
			{
				reason: "410 Gone",
				fate: "gone",
				app: "webpush",
				count: 21,
				text: "The browser ended its subscription. Nothing to do.",
			},
			{
				reason: "413 Payload Too Large",
				fate: "refused",
				app: "unifiedpush",
				count: 8,
				text: "That host takes less than 4 kB. Tell its operator.",
			},
		],
	};
	if (stage === "empty") {
		return {
			...whole,
			apps: whole.apps.map((one) => ({ ...one, registrations: 0, pushes: none })),
			reasons: [],
		};
	}
	if (stage === "hostile") {
		return {
			...whole,
			apps: whole.apps.map((one, index) => ({ ...one, app: hostile(index) })),
			reasons: whole.reasons.map((one, index) => ({
				...one,
				reason: hostile(index),
				app: hostile(index + 1),
			})),
		};
	}
	return whole;
}

const OWNERS = [
	"romeo@example.net",
	"romeo@example.net",
	"romeo@example.net",
	"romeo.montague-of-the-house-by-the-river@conference-and-chat.verona.example",
	"rom.placentio@chat.verona.example",
	"ro.mercutio@example.org",
	"",
];
const DEVICES: readonly Pick<RegistrationRow, "device" | "app" | "service" | "host">[] = [
	{ device: "iPhone", app: "chat-ios", service: "Apple", host: "api.push.apple.com" },
	{
		device: "Firefox on Debian",
		app: "webpush",
		service: "Web Push",
		host: "updates.push.services.mozilla.com",
	},
	{ device: "ntfy topic romeo-k3vq81", app: "unifiedpush", service: "UnifiedPush", host: "ntfy.example.net" },
	{
		device: "Chromium on the old desktop, in the room above the orchard",
		app: "webpush",
		service: "Web Push",
		host: "permanently-removed.push.services.browser.example",
	},
	{ device: "Pixel", app: "chat-android", service: "Google" },
];
const STATES = ["fails", "works", "waits", "new", "works"] as const;

export function row(now: number, index: number, stage: Stage): RegistrationRow {
	const device = DEVICES[index % DEVICES.length];
	if (!device) throw new Error("no device");
	const state = STATES[index % STATES.length] ?? "works";
	const made: RegistrationRow = {
		node: `8f2kR1xw7TqYb3mLz0hVd5${String(index).padStart(2, "0")}`,
		owner: OWNERS[index % OWNERS.length] ?? "",
		state,
		...device,
	};
	if (state !== "new") made.lastPushAt = now - index * 47 * MINUTE;
	if (stage !== "hostile") return made;
	return {
		...made,
		owner: hostile(index),
		device: hostile(index + 1),
		app: hostile(index + 2),
		host: hostile(index + 3),
	};
}

export function registrations(now: number, stage: Stage, after?: string): FoundRegistrations {
	const apps = ["webpush", "chat-ios", "chat-android", "unifiedpush"];
	if (stage === "empty") return { rows: [], ms: 1, apps };
	const from = after === undefined ? 0 : 50;
	const rows = Array.from({ length: after === undefined ? 50 : 12 }, (_, index) =>
		row(now, from + index, stage),
	);
	return after === undefined ? { rows, ms: 12, apps, next: "page-2" } : { rows, ms: 9, apps };
}

export function registration(now: number, stage: Stage, node: string): RegistrationView {
	const isEnded = stage === "broken";
	const whole: RegistrationView = {
		node,
		isEnded,
		owner: "romeo@example.net",
		device: "iPhone",
		title: "romeo gets pushes here",
		text: "The last one arrived today, 142 ms after its publish.",
		state: "ok",
		last: {
			at: now - 6 * MINUTE,
			legs: [
				leg("example.net", "Published with the right node and secret"),
				leg("Reveille", "Took it, class high", "ok", 34),
				leg("Gate of chat-ios", "Open", "ok", 1),
				leg("Apple", "200, took it", "ok", 88),
				leg("iPhone", "Apple does not tell when", "ok"),
			],
		},
		events: registrationEvents(now, node),
		known: [
			{ name: "App", value: "chat-ios" },
			{ name: "Owner", value: "romeo@example.net", isAddress: true },
			{ name: "Device", value: "iPhone" },
			{ name: "Node", value: node },
			{ name: "Token", value: "a41f…09c2" },
			{ name: "Endpoint", value: "api.push.apple.com" },
			{ name: "Publishes from", value: "example.net" },
			{ name: "Registered", value: "3 October 2026" },
			{ name: "Last error", value: "410 Unregistered" },
		],
		others: [row(now, 1, stage), row(now, 2, stage)],
		isBarred: false,
	};
	if (stage === "empty") {
		const { last: _, ...without } = whole;
		return {
			...without,
			title: "romeo’s server has not published here",
			text: "Ask romeo to turn notifications off and on in the app: it tells the server again where to publish.",
			state: "off",
			events: [],
			others: [],
			owner: "",
			device: "",
		};
	}
	if (isEnded) {
		return {
			...whole,
			title: "romeo gets no pushes here: Apple says that this iPhone is gone",
			text: "It answers “410 Unregistered” since yesterday, 18:05: the app was removed, or its notifications were turned off. Ask romeo to open the app once: it registers again by itself.",
			state: "bad",
			last: {
				at: now - 20 * HOUR,
				legs: [
					leg("example.net", "Published with the right node and secret"),
					leg("Reveille", "Took it, class high", "ok", 34),
					leg("Gate of chat-ios", "Open", "ok", 1),
					leg("Apple", "410 Unregistered", "bad", 88),
					leg("iPhone", "Not reached", "off"),
				],
			},
		};
	}
	if (stage === "hostile") {
		return {
			...whole,
			owner: `${hostile(0)}@${hostile(3)}`,
			device: hostile(1),
			title: hostile(0),
			text: hostile(3),
			last: {
				at: now,
				legs: [
					leg(hostile(0), hostile(1)),
					leg(hostile(3), hostile(2), "bad"),
					leg("iPhone", hostile(4), "off"),
				],
			},
			events: whole.events.map((event, index) => ({
				...event,
				reason: hostile(index + 1),
				decidedBy: hostile(index + 2),
			})),
			known: HOSTILE.map((value, index) => ({ name: `Fact ${index}`, value, isAddress: true })),
		};
	}
	return whole;
}

const registrationEvents = (now: number, node: string): EventView[] => [
	{
		id: "10",
		at: now - 2 * MINUTE,
		kind: "failed",
		what: "Failed",
		node: row(now, 1, "ok").node,
		reason: "503 push service unwell",
		decider: "provider",
		decidedBy: "updates.push.services.mozilla.com",
	},
	{
		id: "9",
		at: now - 7 * MINUTE,
		kind: "wrong-node",
		what: "Published again",
		node,
		reason: "Answered item-not-found: example.net drops this device now.",
		decider: "reveille",
		decidedBy: "Reveille",
	},
	{
		id: "8",
		at: now - 20 * HOUR,
		kind: "ended",
		what: "Ended",
		node,
		reason: "410 Unregistered",
		decider: "provider",
		decidedBy: "Apple",
	},
	{
		id: "7",
		at: now - 12 * DAY,
		kind: "gate",
		what: "Waited for 6 minutes",
		node,
		reason: "The gate of chat-ios was shut: Apple answered 503 to 41 devices.",
		decider: "provider",
		decidedBy: "Apple",
	},
];

const KINDS: readonly Pick<EventView, "kind" | "what" | "reason" | "decider" | "decidedBy">[] = [
	{
		kind: "refused",
		what: "Refused",
		reason: "400 INVALID_ARGUMENT: token of another project",
		decider: "provider",
		decidedBy: "Google",
	},
	{
		kind: "gate",
		what: "Gate shut",
		reason: "ntfy.example.org answers 429 to 12 devices",
		decider: "reveille",
		decidedBy: "Reveille",
	},
	{ kind: "ended", what: "Ended", reason: "410 Gone", decider: "provider", decidedBy: "Mozilla" },
	{
		kind: "ended",
		what: "Ended",
		reason: "Unregistered by command",
		decider: "owner",
		decidedBy: "the owner",
	},
	{
		kind: "not-accepted",
		what: "Not accepted",
		reason: "Barred on 25 November",
		decider: "operator",
		decidedBy: "the operator",
	},
	{
		kind: "wrong-node",
		what: "Wrong node",
		reason: "Published, but the device has ended: item-not-found",
		decider: "reveille",
		decidedBy: "Reveille",
	},
	{
		kind: "wrong-secret",
		what: "Wrong secret",
		reason: "Published with a secret that is not of this node",
		decider: "reveille",
		decidedBy: "Reveille",
	},
	{
		kind: "action",
		what: "Ended here",
		reason: "Ended in the console",
		decider: "operator",
		decidedBy: "the operator",
	},
];

/** @param index the higher, the newer */
export function event(at: number, index: number, stage: Stage = "ok"): EventView {
	const kind = KINDS[index % KINDS.length];
	if (!kind) throw new Error("no kind");
	const made: EventView = { id: String(index), at, app: "webpush", ...kind };
	if (kind.kind !== "gate") {
		made.owner = OWNERS[index % 6] ?? "";
		made.node = `p7rt2xmLz0hVd5Nc${index}`;
	}
	if (stage !== "hostile") return made;
	return {
		...made,
		owner: hostile(index),
		node: hostile(index + 1),
		app: hostile(index + 2),
		reason: hostile(index + 3),
		decidedBy: hostile(index + 4),
	};
}

export function events(now: number, stage: Stage, before?: string): FoundEvents {
	if (stage === "empty") return { events: [], today: "Today nothing failed." };
	const newest = before === undefined ? 1000 : 950;
	const all = Array.from({ length: 24 }, (_, index) => event(now - index * 77_000, newest - index, stage));
	const today = "Today pushes failed 214 times: 138 because chat-android got tokens of another project.";
	const found: FoundEvents = {
		events: all,
		today: stage === "hostile" ? hostile(0) : today,
		from: now - 30 * DAY,
	};
	return before === undefined ? { ...found, next: "950" } : found;
}

export const bars = (now: number, stage: Stage): BarView[] => {
	if (stage === "empty") return [];
	if (stage === "hostile")
		return HOSTILE.map((who, index) => ({ who, reason: hostile(index + 1), at: now, ended: index }));
	return [
		{ who: "tybalt@example.org", reason: "10,000 publishes in a minute", at: now - 2 * DAY, ended: 4 },
		{ who: "samson@mantua.example", reason: "Asked for it", at: now - 25 * DAY, ended: 1 },
		{ who: "spam.example.com", reason: "Made-up endpoints", at: now - 39 * DAY, ended: 312 },
	];
};

export const invites = (now: number, stage: Stage): InviteView[] => {
	if (stage === "empty") return [];
	const good: InviteView[] = [
		{
			id: "i1",
			onlyFor: "example.org",
			uses: 5,
			used: 0,
			madeAt: now,
			endsAt: now + 14 * DAY,
			state: "good",
		},
		{
			id: "i2",
			onlyFor: "juliet@example.org",
			name: "Juliet’s own",
			uses: 1,
			used: 1,
			madeAt: now - 15 * DAY,
			endsAt: now - DAY,
			state: "used up",
		},
		{ id: "i3", uses: 100, used: 17, madeAt: now - 26 * DAY, endsAt: now + 4 * DAY, state: "good" },
		{
			id: "i4",
			onlyFor: "mantua.example",
			uses: 10,
			used: 3,
			madeAt: now - 38 * DAY,
			endsAt: now,
			state: "revoked",
		},
	];
	return stage === "hostile"
		? good.map((one, index) => ({ ...one, name: hostile(index), onlyFor: hostile(index + 1) }))
		: good;
};

export const testPush: TestPush = {
	title: "It works: Apple took it after 121 ms",
	state: "ok",
	legs: [
		leg("Reveille", "Made it", "ok", 2),
		leg("Gate of chat-ios", "Open", "ok", 1),
		leg("Apple", "200, took it", "ok", 118),
		leg("iPhone", "Apple does not tell when", "off"),
	],
};

/** Not a code that a camera reads: squares. */
export const qr = Array.from({ length: 29 }, (_, y) =>
	Array.from({ length: 29 }, (_, x) => (x * 7 + y * 3 + x * y) % 3 === 0),
);
