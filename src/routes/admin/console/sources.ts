/**
 * What the console's routes ask of the rest of Reveille: what is written down in the shared database, and what this
 * process knows by itself. Times are ms since the epoch.
 */
import type { Invites } from "../../../store/invites.ts";
import type { Answer, Outcome, Registration, ServiceName } from "../../../types.ts";
import type { Decider, EventKind, Fate, Leg } from "../../../web/console/wire.ts";

/** What happened, as it is written down. */
export interface Happened {
	at: number;
	kind: EventKind;
	node?: string;
	owner?: string;
	app?: string;
	reason: string;
	decider: Decider;
	decidedBy: string;
}

export interface KnownEvent extends Happened {
	id: string;
}

/** A gate that is shut, as a connector writes it down. */
export interface ShutGate {
	/** Of the gate: the app's name, or with an origin behind it. */
	name: string;
	app: string;
	since: number;
	/** When it is tried again; missing: not until somebody acts. */
	until?: number;
	why: string;
	waiting?: number;
	/** Our credentials shut it: it opens when somebody mends them. */
	isOurs?: boolean;
}

/** The numbers of one connector in one minute. */
export interface Figures {
	/** The name of its machine. */
	host: string;
	/** By app. */
	pushes: Record<string, Partial<Record<Fate, number>>>;
	/** App, fate, reason, count. */
	reasons?: [string, Fate, string, number][];
	publishes: number;
	/** How many answers took how long: in the buckets of ANSWER_MS. */
	answers: number[];
	waiting: number;
	oldestDueMs: number;
	/** By address: since when it is held; 0: it is not. */
	addresses: Record<string, number>;
	shut: ShutGate[];
	replicaAgeMs?: number;
	/** Why it is offline. */
	note?: string;
	/** Of how many minutes these are; missing: of one. */
	minutes?: number;
}

export interface FiguresOfMinute {
	/** Minutes since the epoch. */
	minute: number;
	connector: string;
	figures: Figures;
}

export interface Bar {
	/** A bare JID or a domain. */
	who: string;
	reason: string;
	at: number;
	ended: number;
}

/** The last publish for a node that this process took in. */
export interface LastPublish {
	at: number;
	class: string;
	answer: Answer;
	/** From the publish to its answer. */
	ms: number;
	legs: readonly Leg[];
}

/** The last time a push service was asked for a registration. */
export interface LastSend {
	at: number;
	/** How long its answer took. */
	ms: number;
	outcome: Outcome;
}

/** What the connector of this process knows now. */
export interface ConnectorNow {
	/** The name of its machine. */
	host: string;
	/** Those that are shut. */
	shut: readonly ShutGate[];
	/** How many are open, of those that were asked at lately. */
	open: number;
	waiting: number;
	oldestDueMs: number;
	/** By our own addresses: since when each is held; 0: it is not. */
	addresses: Readonly<Record<string, number>>;
	replicaAgeMs?: number;
	/** Why it is not online. */
	note?: string;
}

export interface ConsoleStore {
	history: { read(from: number, to: number): Promise<FiguresOfMinute[]> };
	events: {
		list(find: {
			kind?: EventKind;
			text?: string;
			before?: string;
			since?: string;
			limit: number;
		}): Promise<{ events: KnownEvent[]; next?: string }>;
		about(whom: { node: string } | { owner: string }, limit: number): Promise<KnownEvent[]>;
		countToday(): Promise<{ app: string; kind: EventKind; reason: string; count: number }[]>;
		/** How far back they go. */
		from(): Promise<number | undefined>;
	};
	bars: {
		list(): Promise<Bar[]>;
		count(who: string): Promise<{ registrations: number; people: number }>;
		add(who: string, reason: string): Promise<{ ended: number }>;
		lift(who: string): Promise<boolean>;
		isBarred(owner: string): boolean | Promise<boolean>;
	};
	search: {
		find(
			find: { begins?: string; app?: string; host?: string; after?: string },
			limit: number,
		): Promise<{ rows: Registration[]; next?: string }>;
	};
	invites: Pick<Invites, "list" | "make" | "revoke">;
}

/** What this process notices by itself. */
export interface ConsoleJournal {
	/** @returns stops listening */
	listen(listener: (happened: Happened) => void): () => void;
	lastPublish(node: string): LastPublish | undefined;
	lastSend(node: string): LastSend | undefined;
}

/** An app, as far as the console shows it. */
export interface ConsoleApp {
	name: string;
	service: ServiceName;
	/** What it shows to its push service, in words; missing: nothing is needed. */
	credential?: string;
	/** When that ends, if it does. */
	credentialEndsAt?: number;
}
