/** Is it well? What the overview says first: one sentence, what it stands on, and each fault with what to do. */
import { databaseMessages } from "../../../../messages/database.ts";
import type {
	ConnectorView,
	Credential,
	Fate,
	GateView,
	Overview,
	Period,
	Trouble,
} from "../../../../web/console/wire.ts";
import { because, cureOfGate } from "./reasons.ts";
import { ago, figure, hasBeen, list, many, sentence, span } from "./words.ts";

/** What the sentences go by. Times are ms. */
export interface OverviewFacts {
	now: number;
	period: Period;
	totals: Readonly<Record<Fate, number>>;
	/** From a publish to its answer, in the period. */
	p50?: number | undefined;
	connectors: readonly (ConnectorView & { note?: string })[];
	/** Those that are shut. */
	gates: readonly GateView[];
	gatesOpen: number;
	/** On all disks together. */
	waiting: number;
	oldestDueMs: number;
	credentials: readonly Credential[];
	/** Undefined: they are being counted. */
	registrations: number | undefined;
	/** What admins are told at /ready. */
	notes: readonly string[];
	database: true | string;
	services: Overview["services"];
	webApp: boolean;
}

/** A push that is late by so much is a fault by itself. */
const LATE_MS = 5 * 60_000;
/** A replica is a second old; one that is older does not hear of the primary. */
const OLD_REPLICA_MS = 60_000;

const PERIODS: Readonly<Record<Period, string>> = {
	hour: "in the last hour",
	day: "in the last day",
	week: "in the last week",
};

/** A fault, and how the title says it. */
interface Fault extends Trouble {
	said: string;
}

type Said = Pick<Overview, "title" | "state" | "text" | "troubles" | "way">;

export function overviewSentences(facts: OverviewFacts): Said {
	const faults = [
		...databaseFaults(facts),
		// Before the credentials, which a clock makes look wrong.
		...clockFaults(facts),
		...gateFaults(facts),
		...connectorFaults(facts),
		...credentialFaults(facts),
		...outboxFaults(facts),
		...noteFaults(facts),
	].toSorted((one, other) => Number(other.state === "bad") - Number(one.state === "bad"));
	const troubles = faults.map(({ said, ...trouble }) => trouble);
	const way = wayOf(facts);
	const pushes = Object.values(facts.totals).reduce((sum, count) => sum + count, 0);
	if (faults.length > 0) {
		const [first, second] = faults;
		const title = sentence([first?.said, second?.said].filter(Boolean).join(", and ")).replace(/\.$/, "");
		const state = first?.state ?? "warn";
		return { title, state, text: `${deliveredText(facts)}${waitingText(facts)}`, troubles, way };
	}
	if (facts.registrations === 0 && pushes === 0) {
		const domains = list(
			facts.connectors.flatMap(({ addresses }) => addresses.map(({ address }) => address)),
		);
		const connected = domains === "" ? "" : `Reveille is online as ${domains}. `;
		const next = facts.webApp
			? "Open the web app, or give somebody an invite."
			: "Register a device with an app.";
		return {
			title: "Ready, and nobody is registered yet",
			state: "empty",
			text: connected + next,
			troubles,
			way,
		};
	}
	return {
		title: "All is well",
		state: "ok",
		text: `${deliveredText(facts)}${waitingText(facts)}`,
		troubles,
		way,
	};
}

function deliveredText({ totals, period, p50 }: OverviewFacts): string {
	if (totals.delivered === 0) return `No push was delivered ${PERIODS[period]}.`;
	const speed = p50 === undefined ? "" : `, and half of the publishes were answered within ${span(p50)}`;
	return `${many(totals.delivered, "push was", "pushes were")} delivered ${PERIODS[period]}${speed}.`;
}

function waitingText({ waiting, oldestDueMs }: OverviewFacts): string {
	if (waiting === 0) return "";
	const oldest = oldestDueMs >= 1000 ? `, the oldest for ${span(oldestDueMs)}` : "";
	return ` ${many(waiting, "push waits", "pushes wait")} on disk${oldest}; none is lost.`;
}

function databaseFaults({ database }: OverviewFacts): Fault[] {
	if (database === true) return [];
	return [
		{
			said: "the database does not answer",
			title: "Look at the database",
			state: "bad",
			text: `${sentence(database)} Pushes go on as long as a connector knows the device; nobody can register.`,
		},
	];
}

const nameOfGate = ({ app, origin }: GateView) => (origin === undefined ? app : `${origin} (${app})`);

const serviceOf = ({ app, origin }: GateView) =>
	origin === undefined ? `the push service of ${app}` : `the push service ${origin}`;

/** Our credentials shut it, and nobody but us can open it. */
const isOurs = ({ until }: GateView) => until === undefined;

function gateFaults({ gates, now }: OverviewFacts): Fault[] {
	return gates
		.filter(({ state }) => state !== "open")
		.map((gate) => {
			const since = hasBeen("shut", gate.since, now);
			const waits = gate.waiting === 0 ? "" : ` ${many(gate.waiting, "push waits", "pushes wait")}.`;
			const name = nameOfGate(gate);
			return {
				said: isOurs(gate) ? `the credentials of ${gate.app} are refused` : `${serviceOf(gate)} fails`,
				title: isOurs(gate) ? `Renew the credentials of ${gate.app}` : `${name} is tried again by itself`,
				state: isOurs(gate) ? "bad" : "warn",
				text: `${because(gate.why).trim()}${since}${waits} ${cureOfGate(isOurs(gate))}`.trim(),
				more: "services",
			};
		});
}

function connectorFaults({ connectors, now }: OverviewFacts): Fault[] {
	const online = connectors.filter(({ isOnline }) => isOnline);
	if (connectors.length === 0) {
		return [
			{
				said: "no connector is there",
				title: "Start a connector",
				state: "bad",
				text: "No connector has written its numbers into this database. Set XMPP up, or start a process with ROLE=connector or ROLE=all.",
				copy: "ROLE=connector",
			},
		];
	}
	const others =
		online.length === 0
			? "Nobody is woken until it is back."
			: `${list(online.map(({ name }) => name))} goes on.`;
	const away = connectors
		.filter(({ isOnline }) => !isOnline)
		.map((connector): Fault => {
			const { name, seenAt, note, addresses } = connector;
			if (addresses.length === 0 && now - seenAt <= SILENT_MS) return noXmpp(connector, online.length === 0);
			const isSilent = now - seenAt > SILENT_MS;
			const lost = list(addresses.filter((one) => !one.isOnline).map(({ address }) => address));
			const what = isSilent
				? `It gave no sign for ${span(now - seenAt)}.`
				: `It is not online${lost === "" ? "" : ` as ${lost}`}.`;
			return {
				said: connectors.length === 1 ? "the connector is offline" : `the connector ${name} is offline`,
				title: `Look at the connector ${name}`,
				state: online.length === 0 ? "bad" : "warn",
				text: [what, note === undefined ? "" : sentence(note), others].filter(Boolean).join(" "),
			};
		});
	const old = connectors.filter(({ replicaAge = 0 }) => replicaAge > OLD_REPLICA_MS);
	return [
		...away,
		...old.map(
			({ name, replicaAge = 0 }): Fault => ({
				said: `the replica of ${name} is old`,
				title: "Look at the database",
				state: "warn",
				text: `The replica of ${name} is ${span(replicaAge)} old: the primary does not answer it. ${REPLICA_CURE}`,
			}),
		),
	];
}

/** It runs, and was never told of an XMPP server. */
const noXmpp = ({ name, note }: { name: string; note?: string }, isOnly: boolean): Fault => ({
	said: `XMPP is not set up${isOnly ? "" : ` at ${name}`}`,
	title: "Set XMPP up",
	state: isOnly ? "bad" : "warn",
	text: `${sentence(note ?? "This connector has no address")} Until then no publish comes to it, and it wakes nobody.`,
	copy: "XMPP_SERVICE=wss://example.net/xmpp-websocket\nXMPP_USERNAME=push\nXMPP_PASSWORD=",
});

/** A connector writes once a minute. */
export const SILENT_MS = 150_000;

const REPLICA_CURE = databaseMessages["replica-old"].remedy.replaceAll("`", "");

function credentialFaults({ credentials }: OverviewFacts): Fault[] {
	return credentials
		.filter(({ state }) => state !== "ok")
		.map(({ app, what, state, text }) => ({
			said: state === "bad" ? `the ${what} of ${app} has ended` : `the ${what} of ${app} ends soon`,
			title: `Renew the ${what} of ${app}`,
			state: state === "bad" ? "bad" : "warn",
			text,
			more: "services",
		}));
}

function outboxFaults({ waiting, oldestDueMs, gates }: OverviewFacts): Fault[] {
	// A gate that is shut says it better.
	if (oldestDueMs < LATE_MS || gates.some(({ state }) => state !== "open")) return [];
	return [
		{
			said: "pushes are late",
			title: "Pushes are late",
			state: "warn",
			text: `${many(waiting, "push waits", "pushes wait")}, the oldest for ${span(oldestDueMs)}, and no gate is shut. They are tried again by themselves. The page “What happened” has their reasons.`,
			more: "events",
		},
	];
}

const SAYS_CLOCK = /\bclock\b/;

function clockFaults({ notes, gates }: OverviewFacts): Fault[] {
	const isRefused = gates.some((gate) => gate.state !== "open" && isOurs(gate));
	return notes
		.filter((note) => SAYS_CLOCK.test(note))
		.map((note) => ({
			said: "a clock is wrong",
			title: "Set the clock",
			state: isRefused ? "bad" : "warn",
			text: sentence(note),
		}));
}

function noteFaults({ notes }: OverviewFacts): Fault[] {
	return notes
		.filter((note) => !SAYS_CLOCK.test(note))
		.map((note) => ({
			said: "something is to be looked at",
			title: "Look at this",
			state: "warn",
			text: sentence(note),
		}));
}

function wayOf(facts: OverviewFacts): Overview["way"] {
	const { connectors, gates, gatesOpen, waiting, oldestDueMs, registrations, p50, services } = facts;
	const online = connectors.filter(({ isOnline }) => isOnline).length;
	const shut = gates.filter(({ state }) => state !== "open");
	const isEmpty = registrations === 0;
	const on = services.filter(({ isOn }) => isOn).length;
	return [
		{
			name: "XMPP",
			text: `${online} of ${many(connectors.length, "connector")} online`,
			state: online === 0 ? "bad" : online < connectors.length ? "warn" : "ok",
		},
		{
			name: "Reveille",
			text: p50 === undefined ? "Waits for a publish" : `${span(p50)} to the answer`,
			state: p50 === undefined ? "off" : "ok",
		},
		{
			name: "Outbox",
			text:
				waiting === 0
					? "Empty"
					: `${figure(waiting)} wait${oldestDueMs >= 1000 ? `, the oldest for ${span(oldestDueMs)}` : ""}`,
			state: oldestDueMs >= LATE_MS ? "warn" : "ok",
		},
		{
			name: "Push services",
			text: isEmpty
				? `${on} on, ${services.length - on} off`
				: shut.length === 0
					? gatesOpen === 0
						? "None was asked lately"
						: `All ${many(gatesOpen, "gate")} are open`
					: `${shut.length} of ${many(shut.length + gatesOpen, "gate")} ${shut.length === 1 ? "is" : "are"} shut`,
			state: shut.some(isOurs) ? "bad" : shut.length > 0 ? "warn" : "ok",
		},
		{
			name: "Devices",
			text:
				registrations === undefined
					? "Being counted"
					: isEmpty
						? "None"
						: `${figure(registrations)} registered`,
			state: isEmpty ? "off" : "ok",
		},
	];
}

/** What is said of a credential that ends. @param endsAt undefined: it has no end */
export function credentialView(
	app: string,
	what: string,
	endsAt: number | undefined,
	now: number,
): Credential {
	if (endsAt === undefined) return { app, what, state: "ok", text: "It has no end." };
	const left = endsAt - now;
	if (left <= 0) {
		const text = `It ended ${ago(endsAt, now)}, and pushes wait. Get a new one, and reload Reveille.`;
		return { app, what, endsAt, state: "bad", text };
	}
	const text = `It ends in ${span(left)}.${left < SOON_MS ? " Renew it before then, and restart." : ""}`;
	return { app, what, endsAt, state: left < SOON_MS ? "warn" : "ok", text };
}

const SOON_MS = 30 * 86_400_000;
