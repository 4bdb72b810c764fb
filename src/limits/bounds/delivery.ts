/** How many pushes are on their way, wait, and go to one device. */
import type { Bounds } from "./bound.ts";

export const deliveryBounds = {
	unreached: {
		is: 500,
		unit: "pushes",
		what: "Pushes to hosts of strangers that were not reached, and whose answer waits until five seconds are over",
		beyond: "Further ones are answered at once.",
	},
	onTheirWay: {
		is: 10_000,
		unit: "pushes",
		what: "Fresh pushes in memory",
		beyond: "A further one is put on disk and answered.",
	},
	urgent: {
		is: { burst: 10, perSecond: 1 },
		unit: "pushes",
		what: "Calls to one registration, and events of its account",
		beyond: "The newest of the class goes out when its time has come, and supersedes the others.",
	},
	ownTexts: {
		is: { burst: 5, perSecond: 1 },
		unit: "pushes",
		what: "Messages of one class to one registration whose own text is sent (encrypted, or a body that may leave)",
		beyond: "A further one is held back until its time has come.",
	},
	ownTextsHeld: {
		is: 10,
		unit: "pushes",
		what: "Those of them that are held back in memory",
		beyond: "The newest supersedes the oldest that is held back.",
	},
	ownTextsKept: {
		is: 20,
		unit: "pushes",
		what: "Those of them that wait in the outbox; what nobody looked at yet counts for each publishing domain",
		beyond: "The newest supersedes the oldest that waits.",
	},
	ownTextDevices: {
		is: 20_000,
		unit: "devices",
		what: "Devices of which it is remembered whether the text of a message leaves for them",
		beyond: "Of the others it is found out again at the next push.",
	},
	unknownPublishers: {
		is: 20,
		unit: "domains",
		what: "Domains whose pushes to one registration, of one class, wait in the outbox before it was looked up whether they may publish; those with a text of their own are counted for themselves",
		beyond: "The newest push takes the place of what the domain left there that published longest ago.",
	},
	waitingInLane: {
		is: 50,
		unit: "publishes",
		what: "Publishes to one registration, of one class, that wait for an answer while the push is held back",
		beyond: "The newest is put on disk, and all of them are answered.",
	},
	freeSpace: {
		is: 256 * 1024 * 1024,
		unit: "bytes",
		what: "Free space on the disk of the outbox that is left to others; of a disk below 2.5 GiB, a tenth",
		beyond:
			"With less, a push that waits for a device which was never delivered to, or for a host that a stranger chose, is not kept: its publish is answered with `wait`.",
	},
	gates: {
		is: 5_000,
		unit: "hosts and apps",
		what: "Hosts and apps of which it is remembered how they answer",
		beyond: "Those that were not used for longest are forgotten. A push to another host of a stranger waits.",
	},
	faultyParties: {
		is: 2,
		unit: "parties",
		what: "Parties (the registrable domain of an owner; over HTTP a /24 or /48) whose faults at the host of an endpoint count for themselves alone",
		beyond: "Where a third one has them too, nothing is sent to that host for a while, longer each time.",
	},
	unprovenPlaces: {
		is: 75,
		unit: "% of the places",
		what: "Places on the way to an app or a host for devices that were never delivered to",
		beyond: "The push waits in the outbox. The last places are for devices that were delivered to.",
	},
	partyPlaces: {
		is: 25,
		unit: "% of the places",
		what: "Places of one party on the way to all hosts that strangers chose, and to hosts that do not answer",
		beyond: "The push waits in the outbox.",
	},
	strangersInFlight: {
		is: 8,
		unit: "pushes",
		what: "Pushes on their way to one host that a stranger chose",
		beyond: "The push waits in the outbox.",
	},
	strangersRate: {
		is: { burst: 100, perSecond: 20 },
		unit: "pushes",
		what: "Pushes to one host that a stranger chose",
		beyond: "The push waits in the outbox.",
	},
	retries: {
		is: 128,
		unit: "pushes",
		what: "Pushes on their way from the outbox",
		beyond: "The next one goes when one of them is through.",
	},
	retriesInHand: {
		is: 256,
		unit: "pushes",
		what: "The same, and those that were answered and are not yet taken off the disk",
		beyond: "Nothing more is sent from the outbox until the disk has taken some.",
	},
	strangersRetries: {
		is: 64,
		unit: "pushes",
		what: "Pushes on their way from the outbox to hosts that strangers chose",
		beyond:
			"The next of them goes when one of them is through. The other places are for apps and named hosts.",
	},
	queues: {
		is: 5_000,
		unit: "queues",
		what: "Queues of the outbox for hosts that strangers chose, of which it is known when they are due",
		beyond: "The others have their turn a minute later. Queues of apps and of named hosts are not counted.",
	},
	queuesOfParty: {
		is: 250,
		unit: "queues",
		what: "Those of them that are one party's",
		beyond: "The party's others have their turn a minute later.",
	},
	waitingForLane: {
		is: 256,
		unit: "pushes",
		what: "Pushes of one queue that wait until another push to the same registration is through",
		beyond:
			"A further one is looked at again when the registration has room for it; where that is not known, a minute later.",
	},
	retriesOfGate: {
		is: 16,
		unit: "pushes",
		what: "Pushes on their way from the outbox to one app or host",
		beyond: "The next one goes when one of them is through.",
	},
	readAhead: {
		is: 256,
		unit: "pushes",
		what: "Pushes to one app or named host that are read from the outbox before there is a place for them",
		beyond: "Further ones are read when these are on their way.",
	},
	outboxTouches: {
		is: 4_096,
		unit: "changes",
		what: "Changes of the outbox since some of it was read, of which it is known whom they are of",
		beyond: "What was read before is read again.",
	},
	verdicts: {
		is: 5_000,
		unit: "hosts and apps",
		what: "Hosts and apps of which it is remembered what was said of their devices",
		beyond: "Those of which nothing was said for longest are forgotten.",
	},
	verdictDevices: {
		is: 100,
		unit: "devices",
		what: "Devices of an app or host by whose answers it is judged whether it is right about them",
		beyond: "The devices that answered longest ago do not count any more.",
	},
	taggingDomains: {
		is: 10_000,
		unit: "domains",
		what: "Domains of which it is remembered that their servers say how important a publish is",
		beyond:
			"A new one takes the place of one of the registrable domain that has the most. Of that one itself no further one is remembered: encrypted publishes of such a domain all ring.",
	},
	taggingDomain: {
		is: 255,
		unit: "characters",
		what: "The name of such a domain",
		beyond: "It is not remembered: no name in the DNS is longer.",
	},
	firstSuccesses: {
		is: 20_000,
		unit: "devices",
		what: "Devices of which it is remembered that they were delivered to, before the database tells of it",
		beyond: "The oldest of them count as never delivered to until the database does.",
	},
	results: {
		is: 10_000,
		unit: "devices",
		what: "Devices of which it waits to be written what became of their pushes",
		beyond:
			"It is not written for the others. First successes are kept for twice as many, and written at once.",
	},
	failureReasons: {
		is: 200,
		unit: "reasons",
		what: "Reasons why pushes of one app failed that are told in the log, each once an hour",
		beyond: "Further ones are told as one.",
	},
	setupFaults: {
		is: 100,
		unit: "reasons",
		what: "Reasons why push services refuse our credentials or settings that are told in the log, each once a minute, or once an hour where few devices have them",
		beyond: "Further ones are told as one for each app.",
	},
	unregisteredPublishes: {
		is: { burst: 2_000, perSecond: 200 },
		unit: "publishes",
		what: "Publishes of one domain to devices that never registered (`push_module`)",
		beyond: "A further one is answered with `wait`.",
	},
	badTokens: {
		is: 200,
		unit: "tokens an hour",
		what: "Tokens of one domain that turn out to be dead, of devices that never registered",
		beyond: "The domain's publishes to such devices are answered with `wait`.",
	},
	unregisteredTokens: {
		is: 20_000,
		unit: "tokens",
		what: "Tokens of devices that never registered of which it is remembered that they are dead, or were delivered to",
		beyond: "The oldest are asked about again.",
	},
	trials: {
		is: 16,
		unit: "devices",
		what: "Devices that `reveille doctor` has in a process at once",
		beyond: "The command is told to wait.",
	},
	trialLife: {
		is: 60,
		unit: "seconds",
		what: "How long a device of `reveille doctor` lives",
		beyond: "It ends, and publishes to it are answered as for an unknown registration.",
	},
} as const satisfies Bounds;
