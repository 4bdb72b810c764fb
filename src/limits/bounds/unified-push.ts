/** UnifiedPush: what apps' servers may send to an endpoint, and how much of it is kept for a device that is away. */
import type { Bounds } from "./bound.ts";

const DAY_S = 86_400;

export const unifiedPushBounds = {
	body: {
		is: 4096,
		unit: "bytes",
		what: "The body of a push (RFC 8030 §7.2)",
		beyond: "It is refused with status 413.",
	},
	topic: {
		is: 32,
		unit: "characters",
		what: "The `Topic` of a push (RFC 8030 §5.4)",
		beyond: "It is refused with status 400.",
	},
	endpointLife: {
		is: 60 * DAY_S,
		unit: "seconds",
		what: "The life of an endpoint whose device does not renew it",
		beyond: "Pushes are answered with status 410, and the registration ends.",
	},
	timeToLive: {
		is: 7 * DAY_S,
		unit: "seconds",
		what: "The time that a push is kept for a device that is away",
		beyond: "A longer `TTL` is cut to it: the header `TTL` of the answer says what was granted.",
	},
	endpointRate: {
		is: { burst: 20, perSecond: 1 },
		unit: "pushes",
		what: "One endpoint",
		beyond: "A further one is refused with status 429 and `Retry-After`.",
	},
	senderRate: {
		is: { burst: 1_000, perSecond: 100 },
		unit: "pushes",
		what: "One network that sends: an IPv4 address or an IPv6 /64",
		beyond: "A further one is refused with status 429 and `Retry-After`.",
	},
	siteRate: {
		is: { burst: 10_000, perSecond: 1_000 },
		unit: "pushes",
		what: "All networks of one IPv6 /48 that send",
		beyond: "A further one is refused with status 429 and `Retry-After`.",
	},
	waiting: {
		is: 50,
		unit: "pushes",
		what: "Pushes that wait for one registration",
		beyond: "The oldest go.",
	},
	waitingBytes: {
		is: 128 * 1024,
		unit: "bytes",
		what: "The bodies of those together",
		beyond: "The oldest go.",
	},
	waitingInAll: {
		is: 256 * 1024 * 1024,
		unit: "bytes",
		what: "The bodies of all pushes that wait in one database",
		beyond: "A further push is refused with status 503 and `Retry-After`.",
	},
	waitingLeast: {
		is: 512,
		unit: "bytes",
		what: "What each of these counts as, if its body has less",
		beyond: "So there are no more than 524,288 of them, and counting them holds nobody up.",
	},
	share: {
		is: 0.1,
		unit: "of them",
		what: "Of these, those for one registrable domain, where `XMPP_ALLOW` is `*`",
		beyond: "A further push is refused with status 503 and `Retry-After`.",
	},
	usageAge: {
		is: 10_000,
		unit: "milliseconds",
		what: "The time that a process goes by its last count of the bytes that wait",
		beyond: "They are counted again.",
	},
	presences: {
		is: { burst: 20, perSecond: 0.2 },
		unit: "presences",
		what: "Presences of one account, each of which asks what waits for it",
		beyond: "A further one is passed over: what waits goes out at the next try.",
	},
	partyPresences: {
		is: { burst: 10_000, perSecond: 200 },
		unit: "presences",
		what: "The same of one registrable domain",
		beyond: "A further one is passed over: what waits goes out at the next try.",
	},
	wakes: {
		is: { burst: 100, perSecond: 0.2 },
		unit: "registrations",
		what: "Registrations of one account whose pushes go out because it is there (presence, registering). Each push that is taken gives one back",
		beyond: "What waits for a further one goes out at the next try.",
	},
	partyWakes: {
		is: { burst: 5_000, perSecond: 20 },
		unit: "registrations",
		what: "The same of one registrable domain",
		beyond: "What waits for a further one goes out at the next try.",
	},
	answerTime: {
		is: 10_000,
		unit: "milliseconds",
		what: "The time that a device may take to answer a push",
		beyond: "The push goes on waiting. An answer that comes later counts too.",
	},
	elsewhere: {
		is: 300,
		unit: "milliseconds",
		what: "The time that an answer is waited for before the database is asked whether another connector heard it",
		beyond: "It is asked for all of them together, and again after the same time.",
	},
	inMemory: {
		is: 2_000,
		unit: "pushes",
		what: "Pushes in memory, on their way to devices",
		beyond: "A further one waits in the database until there is room.",
	},
	atOnce: {
		is: 10,
		unit: "pushes",
		what: "Those of them that are for one registration",
		beyond: "A further one waits in the database until they are answered.",
	},
	lateAnswers: {
		is: { burst: 10_000, perSecond: 1_000 },
		unit: "answers",
		what: "Answers of one domain's devices that came late, or to another connector: each asks the database",
		beyond: "A further one is passed over: its push is sent again.",
	},
} as const satisfies Bounds;
