/** Who may have how many registrations, how large one is, and how often one is made. */
import type { Bounds } from "./bound.ts";

export const registrationBounds = {
	jid: {
		is: 512,
		unit: "bytes",
		what: "The owner of a registration, and the room that it is for",
		beyond: "Registering is refused with `not-acceptable`.",
	},
	name: {
		is: 256,
		unit: "bytes",
		what: "The id and the name of a device, over XMPP",
		beyond: "Registering is refused with `bad-request`.",
	},
	endpoint: {
		is: 1000,
		unit: "bytes",
		what: "An endpoint of Web Push",
		beyond: "Registering is refused.",
	},
	title: {
		is: 256,
		unit: "bytes",
		what: "The title that a device gives for Declarative Web Push",
		beyond: "Registering is refused.",
	},
	navigate: {
		is: 1000,
		unit: "bytes",
		what: "The URL that a device gives for Declarative Web Push",
		beyond: "Registering is refused.",
	},
	channel: {
		is: 1024,
		unit: "bytes",
		what: "A channel URI of WNS",
		beyond: "Registering is refused.",
	},
	fcmToken: {
		is: 1024,
		unit: "bytes",
		what: "A registration token of FCM",
		beyond: "Registering is refused.",
	},
	ubuntuToken: {
		is: 1024,
		unit: "bytes",
		what: "A token of Ubuntu Push",
		beyond: "Registering is refused.",
	},
	applicationId: {
		is: 255,
		unit: "bytes",
		what: "The application that a token of Ubuntu Push is for",
		beyond: "Registering is refused.",
	},
	apnsToken: {
		is: 200,
		unit: "bytes",
		what: "A token of APNs, before it is written in hexadecimal",
		beyond: "Registering is refused.",
	},
	importedNode: {
		is: 1023,
		unit: "bytes",
		what: "A node or a secret that is imported",
		beyond: "The registration is left out, and the import's report says why.",
	},
	importRows: {
		is: 50,
		unit: "registrations",
		what: "What `import` asks the Reveille that runs to take in with one request, which is one transaction",
		beyond: "The request is refused. The command sends several.",
	},
	importBytes: {
		is: 1024 * 1024,
		unit: "bytes",
		what: "One request of a command to the Reveille that runs",
		beyond: "The request is refused with status 413. The command sends several.",
	},
	row: {
		is: 8 * 1024,
		unit: "bytes",
		what: "All texts of one registration in the database",
		beyond: "Registering is refused.",
	},
	ownerRate: {
		is: { burst: 100, perSecond: 1 },
		unit: "registrations and renewals over XMPP",
		what: "One account",
		beyond: "A further one is answered with `wait`/`resource-constraint`.",
	},
	partyRate: {
		is: { burst: 1_000, perSecond: 10 },
		unit: "registrations over XMPP",
		what: "One registrable domain (`example.org` with all names under it)",
		beyond:
			"What is registered may be renewed. A new registration is answered with `wait`/`resource-constraint`.",
	},
	strangersRate: {
		is: { burst: 10_000, perSecond: 100 },
		unit: "registrations over XMPP",
		what: "All registrable domains together of which no device was ever reached",
		beyond:
			"What is registered may be renewed. A new registration is answered with `wait`/`resource-constraint`.",
	},
	renewalRate: {
		is: { burst: 10_000, perSecond: 100 },
		unit: "renewals over XMPP",
		what: "One registrable domain that may make nothing new just now",
		beyond: "A further one is answered with `wait`/`resource-constraint`.",
	},
	freeSpace: {
		is: 256 * 1024 * 1024,
		unit: "bytes",
		what: "Free space on the disk of the database that is left to others; of a disk below 2.5 GiB, a tenth",
		beyond:
			"With less, a new registration is answered with `wait`, over HTTP with status 503 and `Retry-After`. Renewals go on.",
	},
	tokens: {
		is: 16,
		unit: "tokens",
		what: "Registration tokens of one database that work at the same time",
		beyond: "The newest of them work.",
	},
	tokensKnown: {
		is: 30,
		unit: "seconds",
		what: "How long a process goes by the registration tokens that it read from the database",
		beyond: "They are read again with the next registration. One that ended is refused from then on.",
	},
	tokensKept: {
		is: 60,
		unit: "seconds",
		what: "The same, while another request reads them again",
		beyond: "The request waits for the database.",
	},
	tokenReads: {
		is: 2,
		unit: "seconds",
		what: "Time between two readings of them, for a token that is none of those that are known, and after one that failed",
		beyond:
			"The token is refused by what is known, or answered as when the reading failed. One that was made just now works a moment later.",
	},
	lastError: {
		is: 200,
		unit: "characters",
		what: "What is kept of why the latest push failed",
		beyond: "It is cut.",
	},
	perAddress: {
		is: 1_000,
		unit: "registrations",
		what: "Registrations over HTTP from one network: an IPv4 address or an IPv6 /64",
		beyond: "Another one is refused with status 429.",
		setting: "MAX_REGISTRATIONS_PER_ADDRESS",
	},
	perHost: {
		is: 10_000,
		unit: "registrations",
		what: "Registrations at one push service that is no browser's own and that `WEBPUSH_ALLOW_HOSTS` does not name",
		beyond:
			"Another one takes the place of the oldest that was pushed to and never reached. Where there is none it is refused.",
		setting: "MAX_REGISTRATIONS_PER_HOST",
	},
	share: {
		is: 0.1,
		unit: "of them",
		what: "Of these, those of one registrable domain, over HTTP of one /24 (IPv6: /48)",
		beyond: "Another one is refused.",
		setting: "MAX_REGISTRATIONS_PER_HOST",
	},
	perOwner: {
		is: 50,
		unit: "registrations",
		what: "Registrations of one account",
		beyond: "Another device is refused.",
	},
	testPushes: {
		is: { burst: 5, perSecond: 0.1 },
		unit: "test pushes",
		what: "One account, by the command `test-push`",
		beyond: "A further one is refused with `wait`, and the answer says for how long.",
	},
	domainTestPushes: {
		is: { burst: 100, perSecond: 1 },
		unit: "test pushes",
		what: "All accounts of one registrable domain, by the command `test-push`",
		beyond: "A further one is refused with `wait`, and the answer says for how long.",
	},
	invites: {
		is: 1_000,
		unit: "invites",
		what: "Invites of one database",
		beyond: "Those that ended make room. Where none did, `reveille invite` makes no further one.",
	},
	inviteTyped: {
		is: 100,
		unit: "characters",
		what: "An invite as somebody sends it",
		beyond: "It is none.",
	},
	inviteName: {
		is: 100,
		unit: "characters",
		what: "The name of an invite",
		beyond: "The command `reveille invite` asks for a shorter one.",
	},
	inviteUses: {
		is: 10_000,
		unit: "registrations",
		what: "Registrations that one invite lets in",
		beyond: "The command `reveille invite` asks for fewer.",
	},
	inviteDays: {
		is: 365,
		unit: "days",
		what: "How long an invite is good for",
		beyond: "The command `reveille invite` asks for fewer.",
	},
	tokenRest: {
		is: 7,
		unit: "days",
		what: "How long a registration token works on after a new one was made",
		beyond: "It is refused. `reveille token --now` ends it at once.",
	},
	wrongInvites: {
		is: { burst: 5, perSecond: 5 / 60 },
		unit: "invites that let nobody in",
		what: "One account, or over HTTP one network (an IPv4 address or an IPv6 /64), on one process",
		beyond: "No invite is looked up for it, and the answer says for how long.",
	},
	wrongInvitesOfParty: {
		is: { burst: 500, perSecond: 10 },
		unit: "invites that let nobody in",
		what: "All accounts of one registrable domain, or all networks of one IPv6 /48, on one process",
		beyond: "Likewise.",
	},
} as const satisfies Bounds;
