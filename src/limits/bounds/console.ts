/** What the console keeps and looks at: strangers can bring about most of what it tells. */
import type { Bounds } from "./bound.ts";

export const consoleBounds = {
	events: {
		is: 100_000,
		unit: "events",
		what: "What happened to registrations, pushes and gates, in the database, beside what strangers bring about",
		beyond: "The oldest go. None is older than 30 days.",
	},
	strangersEvents: {
		is: 20_000,
		unit: "events",
		what: "Those that strangers can bring about: wrong secrets and nodes, refused registrations, devices that were never delivered to",
		beyond: "The oldest of them go. They take no place of the others.",
	},
	eventsPerMinute: {
		is: 500,
		unit: "events a minute",
		what: "Events that one process writes, beside what strangers bring about",
		beyond: "Further ones are counted: one event of each kind says how many there were.",
	},
	eventsOfOne: {
		is: 200,
		unit: "events a minute",
		what: "Of these, what the devices of one domain or network bring about",
		beyond: "Likewise.",
	},
	strangersEventsPerMinute: {
		is: 200,
		unit: "events a minute",
		what: "The same, of what strangers bring about",
		beyond: "Likewise.",
	},
	strangersEventsOfOne: {
		is: 20,
		unit: "events a minute",
		what: "Of these, what one publisher, domain or network brings about",
		beyond: "Likewise.",
	},
	eventsWaiting: {
		is: 5_000,
		unit: "events",
		what: "Events that wait in memory while the database is away",
		beyond:
			"Further ones are left out, those first that strangers bring about, and an event says how many they were.",
	},
	minutesWaiting: {
		is: 120,
		unit: "minutes",
		what: "Minutes whose numbers wait in memory while the database is away",
		beyond: "The oldest are left out, and an event says how many they were.",
	},
	failingReasons: {
		is: 200,
		unit: "reasons",
		what: "Reasons why pushes failed for now of which it is remembered that an event tells of them",
		beyond: "Further ones are told as one for each app.",
	},
	failingReasonsOfOne: {
		is: 40,
		unit: "reasons",
		what: "Of these, what the devices of one domain or network bring about: their push service may say anything",
		beyond: "Likewise.",
	},
	toldOnce: {
		is: 5_000,
		unit: "registrations",
		what: "Registrations of which it is remembered that an event tells why their pushes are refused, once an hour",
		beyond: "It is told of the others again.",
	},
	eventText: {
		is: 300,
		unit: "characters",
		what: "The reason of an event, and who decided, each",
		beyond: "It is cut.",
	},
	reasonsOfMinute: {
		is: 50,
		unit: "reasons",
		what: "Reasons, apps and outcomes that are counted each for itself in one minute of a process",
		beyond: "The others are counted as one.",
	},
	gatesOfMinute: {
		is: 50,
		unit: "gates",
		what: "Shut gates that the numbers of a minute name",
		beyond: "The others are left out.",
	},
	lastPublishes: {
		is: 10_000,
		unit: "registrations",
		what: "Registrations of which it is remembered what their last publish was answered",
		beyond: "Those that were published to longest ago are forgotten.",
	},
	searched: {
		is: 512,
		unit: "characters",
		what: "What the console searches for",
		beyond: "It is cut.",
	},
	lookedAt: {
		is: 20_000,
		unit: "rows",
		what: "Rows that one search for registrations looks at",
		beyond: "It answers with what it found, and where to go on.",
	},
	eventsLookedAt: {
		is: 150_000,
		unit: "rows",
		what: "Rows that one search for events looks at, in pieces",
		beyond: "Likewise.",
	},
	bars: {
		is: 10_000,
		unit: "bars",
		what: "Owners and domains that are barred",
		beyond: "No further one is barred until another is lifted.",
	},
	barsKnown: {
		is: 30,
		unit: "seconds",
		what: "How long a process goes by the bars that it read from the database",
		beyond: "They are read again.",
	},
	barsPatience: {
		is: 500,
		unit: "milliseconds",
		what: "How long a publish or a registration waits for the bars to be read",
		beyond: "It goes by those that were read last.",
	},
} as const satisfies Bounds;
