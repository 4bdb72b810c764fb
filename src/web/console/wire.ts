/**
 * What the console's page asks of Reveille, and is answered: JSON below `/admin/api/`. Types only. Times are
 * milliseconds since the epoch, durations milliseconds, unless a name says otherwise.
 */
import type { Decider, EventKind, Fate } from "../../types.ts";

export type { Decider, EventKind, Fate };

/** How far back the overview and the page of push services look. */
export type Period = "hour" | "day" | "week";

/** `GET /admin/api/session`, and what signing in (`POST`, with {@link SignIn}) is answered. */
export interface Session {
	/** Of whom it is: the host of PUBLIC_URL, or the one that was asked. */
	host: string;
	version: string;
	/** To be sent with each change, as the header `X-Form-Token`. */
	formToken: string;
	endsAt: number;
	/** Where events come as they happen: from this process, or by asking again (the edge). */
	live: "stream" | "poll";
	/** The web app is on: invites are of use. */
	webApp: boolean;
}

export interface SignIn {
	token: string;
}

/** One or more minutes of a connector, or of all of them together. */
export interface Interval {
	/** When it begins. */
	at: number;
	/** Missing: no number is known of that time. */
	pushes?: Readonly<Record<Fate, number>>;
	/** Publishes that came in. */
	publishes?: number;
	/** From a publish to its answer; missing: there was none. */
	p50?: number;
	p99?: number;
	/** Pushes that waited on disk at its end, and how long the oldest of them had been due. */
	waiting?: number;
	oldestDue?: number;
}

/** A sentence of what is wrong, and what to do: the worst first. */
export interface Trouble {
	/** What it is about: a few words. */
	title: string;
	state: "bad" | "warn";
	/** What is, and what to do next. */
	text: string;
	/** What to set or to type, to be copied. */
	copy?: string;
	/** A page of the console that shows more, as its route: `services`. */
	more?: string;
}

export interface ConnectorView {
	/** What people know it by: the host's name, and the beginning of its id where two have the same. */
	name: string;
	isOnline: boolean;
	/** Our own addresses, each with whether it is held now. */
	addresses: readonly { address: string; isOnline: boolean; since?: number }[];
	/** Its last sign. */
	seenAt: number;
	/** Delivered a minute in the period, for a small drawing. */
	delivered: readonly number[];
	p99?: number;
	waiting?: number;
	/** Missing: it reads the primary. */
	replicaAge?: number;
}

export interface GateView {
	app: string;
	/** Where the client chose the URL: which origin. */
	origin?: string;
	state: "open" | "shut" | "trying";
	/** When it shut, and when it is tried next; missing: not until somebody acts. */
	since?: number;
	until?: number;
	why?: string;
	waiting: number;
}

/** `GET /admin/api/overview?period=`. */
export interface Overview {
	/** One sentence: is it well? */
	title: string;
	state: "ok" | "warn" | "bad" | "empty";
	/** What the sentence stands on. */
	text: string;
	troubles: readonly Trouble[];
	/** Up to when the numbers go. */
	upTo: number;
	/** How long one of `intervals` is. */
	stepMs: number;
	/** The oldest first, without a hole: a time of which nothing is known has no numbers. */
	intervals: readonly Interval[];
	totals: Readonly<Record<Fate, number>>;
	connectors: readonly ConnectorView[];
	/** Only those that are not open, and the last one to open again. */
	gates: readonly GateView[];
	gatesOpen: number;
	credentials: readonly Credential[];
	registrations: number;
	/** What stands on the stations of a push's way, now. */
	way: readonly { name: string; text: string; state: "ok" | "warn" | "bad" | "off" }[];
	/** Where the stage is empty: which push services are on, and what turns the others on. */
	services: readonly { name: string; isOn: boolean; turnOn?: string }[];
}

export interface Credential {
	app: string;
	/** `APNs certificate`, `VAPID key`. */
	what: string;
	endsAt?: number;
	state: "ok" | "warn" | "bad";
	text: string;
}

/** `GET /admin/api/services?period=`. */
export interface ServicesView {
	title: string;
	gates: readonly GateView[];
	apps: readonly {
		app: string;
		service: string;
		isOn: boolean;
		turnOn?: string;
		gate: "open" | "shut" | "some-shut";
		registrations: number;
		pushes: Readonly<Record<Fate, number>>;
		credential?: Credential;
	}[];
	reasons: readonly {
		reason: string;
		fate: Exclude<Fate, "delivered">;
		app: string;
		count: number;
		/** What it means, and what to do. */
		text: string;
	}[];
}

/** What `GET /admin/api/registrations` is asked, as its query. */
export interface FindRegistrations {
	/** A beginning of a bare JID, a domain, a node or a device's name. */
	begins?: string;
	app?: string;
	/** Of the push service's URL. */
	host?: string;
	/** `next` of the page before. */
	after?: string;
}

/** `works`: the last push arrived; `waits`: one waits; `fails`: the last one did not; `new`: none was tried. */
export type DeviceState = "works" | "waits" | "fails" | "new";

export interface RegistrationRow {
	node: string;
	/** Empty: it registered over HTTP. */
	owner: string;
	device: string;
	app: string;
	service: string;
	host?: string;
	state: DeviceState;
	lastPushAt?: number;
}

export interface FoundRegistrations {
	/** 50 at the most. */
	rows: readonly RegistrationRow[];
	/** Missing: there are no more. */
	next?: string;
	/** What it took. */
	ms: number;
	apps: readonly string[];
}

/** A station on the way of one push. */
export interface Leg {
	name: string;
	text: string;
	state: "ok" | "warn" | "bad" | "off";
	/** Since the station before; missing: it is not known. */
	ms?: number;
}

/** `GET /admin/api/registrations/NODE`: also of one that ended, as long as an event tells of it. */
export interface RegistrationView {
	node: string;
	isEnded: boolean;
	owner: string;
	device: string;
	/** Why its owner gets pushes, or none: who decided, and what to do. */
	title: string;
	text: string;
	state: "ok" | "warn" | "bad" | "off";
	/** The last publish for it; missing: none is known. */
	last?: { at: number; legs: readonly Leg[] };
	/** The newest first. */
	events: readonly EventView[];
	/** Name and value, all that is known. Secrets and tokens are shortened. */
	known: readonly { name: string; value: string; isAddress?: true }[];
	others: readonly RegistrationRow[];
	isBarred: boolean;
}

/** `POST /admin/api/registrations/NODE/test`. */
export interface TestPush {
	title: string;
	state: "ok" | "warn" | "bad";
	legs: readonly Leg[];
}

/**
 * One of the list, and with `GET /admin/api/events/live` (server-sent events) the data of `event: happened`; of
 * `event: more` they are the number of those left out.
 */
export interface EventView {
	id: string;
	at: number;
	kind: EventKind;
	/** A few words: `Ended`. */
	what: string;
	owner?: string;
	node?: string;
	app?: string;
	reason: string;
	decider: Decider;
	/** `Apple`, `The owner`, `ntfy.example.org`. */
	decidedBy: string;
	/** How many of its kind it stands for; missing: it is one. */
	count?: number;
}

/** `GET /admin/api/events`, as its query. `text` is found in address, node, app and reason. */
export interface FindEvents {
	kind?: EventKind;
	text?: string;
	/** `next` of the page before. */
	before?: string;
	/** Only those that came after the one with this id: the page that asks again. */
	since?: string;
}

export interface FoundEvents {
	/** The newest first, 50 at the most. */
	events: readonly EventView[];
	next?: string;
	/** Whole sentence of what failed today. */
	today: string;
	/** How far back the list goes. */
	from?: number;
}

/** `GET /admin/api/bars`. */
export interface BarView {
	/** A bare JID or a domain. */
	who: string;
	reason: string;
	at: number;
	/** How many registrations ended by it. */
	ended: number;
}

/** `POST /admin/api/bars/count` with `{ who }`: what it would end. */
export interface BarCount {
	who: string;
	kind: "person" | "domain";
	registrations: number;
	people: number;
	isBarred: boolean;
}

/** `POST /admin/api/bars`; `POST /admin/api/bars/lift` takes `who` alone. */
export interface NewBar {
	who: string;
	reason: string;
}

/** `GET /admin/api/invites`. `POST /admin/api/invites/revoke` takes `{ id }`. */
export interface InviteView {
	id: string;
	name?: string;
	onlyFor?: string;
	uses: number;
	used: number;
	madeAt: number;
	endsAt: number;
	revokedAt?: number;
	state: "good" | "used up" | "ended" | "revoked";
}

/** `POST /admin/api/invites`. */
export interface NewInvite {
	name?: string;
	onlyFor?: string;
	uses: number;
	days: number;
}

/** What it is answered: seen once. */
export interface MadeInvite {
	invite: InviteView;
	link: string;
	code: string;
	/** The link as a QR code: rows of squares, `true` is dark. */
	qr: readonly (readonly boolean[])[];
}
