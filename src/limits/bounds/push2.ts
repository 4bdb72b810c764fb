/** What is taken of Push 2.0, and how much the relay does for one domain or endpoint. */
import type { Bounds } from "./bound.ts";

export const push2Bounds = {
	client: {
		is: 2048,
		unit: "characters",
		what: "The `<client/>` of a Push 2.0 message",
		beyond: "The message is dropped.",
	},
	payload: {
		is: 4096,
		unit: "bytes",
		what: "The encrypted content of a Push 2.0 message (RFC 8291)",
		beyond: "It is left out, and the push is a plain wake-up. The relay drops the message.",
	},
	jwt: {
		is: 2048,
		unit: "characters",
		what: "The JWT of a Push 2.0 message, and its key",
		beyond: "It is cut, and so it is wrong.",
	},
	unwritten: {
		is: 1_000,
		unit: "milliseconds",
		what: "How long a Push 2.0 message that came by a component is on its way without being on disk: nobody would send it again",
		beyond: "It is put on disk, and taken out once its push is through.",
	},
	relayDomain: {
		is: { burst: 1_000, perSecond: 50 },
		unit: "messages",
		what: "Push 2.0 messages to relay from one registrable domain",
		beyond: "A further one is dropped.",
	},
	relayEndpoint: {
		is: { burst: 20, perSecond: 1 },
		unit: "messages",
		what: "Push 2.0 messages to relay to one endpoint",
		beyond: "A further one is dropped.",
	},
	relayGone: {
		is: 2_000,
		unit: "endpoints an hour",
		what: "Endpoints of one registrable domain that turn out to be gone",
		beyond: "Its messages to endpoints that were not delivered to are dropped.",
	},
	relayOrigins: {
		is: 10,
		unit: "origins a day",
		what: "Push services that one registrable domain has messages relayed to, Mozilla's, Google's and hosts named in `WEBPUSH_ALLOW_HOSTS` not counted",
		beyond: "Messages for a further one are dropped.",
	},
	relayDomains: {
		is: 10_000,
		unit: "domains",
		what: "Registrable domains of which it is remembered which push services they had messages relayed to",
		beyond: "Those that had none for longest begin anew.",
	},
	relayEndpoints: {
		is: 100_000,
		unit: "endpoints",
		what: "Endpoints that were relayed to of which it is remembered, by a hash, that they are gone (for a day), or were delivered to",
		beyond: "Those of which it was learnt longest ago are asked again.",
	},
	relayJwtLife: {
		is: 24 * 60 * 60,
		unit: "seconds",
		what: "How far ahead a JWT of the relay may expire (RFC 8292 §2)",
		beyond: "The message is dropped.",
	},
} as const satisfies Bounds;
