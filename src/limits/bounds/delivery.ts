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
		what: "Parties whose faults at the host of an endpoint or channel count for themselves alone",
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
		beyond: "A further one is looked at again a minute later.",
	},
	retriesOfGate: {
		is: 16,
		unit: "pushes",
		what: "Pushes on their way from the outbox to one app or host",
		beyond: "The next one goes when one of them is through.",
	},
} as const satisfies Bounds;
