/**
 * The nouns every room shares. Types only: nothing here runs.
 *
 * Times are milliseconds since the epoch unless a name says otherwise.
 */

/**
 * What an app is set to beside what all apps have, by the name of its push service. Each folder under `services/` adds
 * its own to it.
 */
// biome-ignore lint/suspicious/noEmptyInterface: declarations elsewhere are merged into it.
export interface AppSettings {}

/** The push services Reveille can send through; `services/registry.ts` lists them. */
export type ServiceName = keyof AppSettings;

/**
 * The class of a push. Per registration and class the newest supersedes the older; `high` and `low` are
 * throttled, `voip` and `event` go out at once as long as they are few.
 */
export type PushClass = "voip" | "event" | "high" | "low";

/** A class that a device may ask for. Of an event of its account it always learns. */
export type AskedClass = Exclude<PushClass, "event">;

/**
 * In which of the older app servers' dialects a device registered: its app expects pushes in the same. `unifiedpush`: it
 * is not published to, but gets what apps' servers send to its endpoint.
 */
export type Dialect = "mod_push" | "push-appserver" | "p2" | "tigase" | "fluux" | "unifiedpush";

/** What a device hands in, and what its push service needs to reach it. */
export interface Device {
	/** Web Push: the endpoint URL. APNs: hex. FCM, Ubuntu: as the device got it. WNS: the channel URI. */
	token: string;
	/** APNs: the token of the app's PushKit channel, hex; calls go there. */
	voipToken?: string;
	/** Ubuntu: the application on the phone that the token is for, `package_app`. */
	applicationId?: string;
	/** RFC 8291: the device's P-256 public key, base64url of 65 bytes. Without it a push carries no content. */
	p256dh?: string;
	/** RFC 8291: the authentication secret, base64url of 16 bytes. */
	auth?: string;
	/**
	 * Declarative Web Push: the title that a browser shows by itself where no sender was published. It comes with
	 * `navigate`, and a renewal that does not say leaves both as they are.
	 */
	title?: string;
	/** Declarative Web Push: the https URL that a tap opens. */
	navigate?: string;
}

/** One device of one owner at one app: what a user's XMPP server may publish to. */
export interface Registration extends Device {
	/** The pubsub node the user's server publishes to: key id and 128 random bits, base64url (secrets.ts). */
	node: string;
	/** The owner's bare JID; empty when it registered over HTTP, where nobody vouches for a JID. */
	owner: string;
	/** The name of the app. */
	app: string;
	/** What makes the registration unique beside owner and app. */
	device: string;
	/** A name for people, if the device gave one. */
	deviceName?: string;
	/** The JID that the owner's server was told to publish to. */
	jid?: string;
	dialect?: Dialect;
	/** The classes of pushes that its app asks for. Missing: all that its service does not skip. */
	classes?: readonly AskedClass[];
	/** p2: the bare JID of the room whose messages this registration is for; its `device` ends with it (p2-device.ts). */
	muc?: string;
	/**
	 * Who counts as one behind it, where names and addresses cost nothing: the registrable domain of its owner; over
	 * HTTP a keyed hash of the client's /24 or /48. Missing: it is older than the note, or nobody knows.
	 */
	party?: string;
	/** The invite that let it in, by its id. */
	invite?: string;
	registeredAt: number;
	/** Last time the device said that this token is its own: an older verdict does not touch it. */
	renewedAt: number;
	/** Last time its token was delivered to: another token has none yet. */
	lastSuccessAt?: number;
	lastErrorAt?: number;
	lastError?: string;
}

/** How far push is enabled for an owner at its own server, where we do that (XEP-0356). */
export interface Enabling {
	/** As the owner's server is given it. */
	node: string;
	/** A bare JID. */
	owner: string;
	/** Our address, that the owner's server publishes to. */
	jid: string;
	/**
	 * `waiting`: not enabled yet, and tried again. `refused`: not before its device registers again. `ending`: the
	 * registration ended, and the server is still to be told.
	 */
	state: "waiting" | "enabled" | "refused" | "ending";
	/** Why it is not enabled, or not disabled, as the end of a sentence. */
	reason?: string;
	/** When it came to this state. */
	since: number;
}

/** What a user's server published, whatever its dialect. Every field but the class may be missing. */
export interface Notification {
	class: PushClass;
	/** XEP-0357 `message-count`. */
	count?: number;
	/** XEP-0357 `pending-subscription-count`. */
	pending?: number;
	/** XEP-0357 `last-message-sender`, a JID. */
	sender?: string;
	/** XEP-0357 `last-message-body`. */
	body?: string;
	/** tigase:push:encrypt:0, for the device only: passed through untouched. */
	encrypted?: { data: string; iv: string; type?: string };
	/** Push 2.0: the whole body of a Web Push (RFC 8291), base64, for the device only: passed through untouched. */
	rfc8291?: string;
	/**
	 * Push 2.0, where it is relayed: what the user's server signed for the push service (RFC 8292), and the raw public
	 * key, base64url without padding.
	 */
	jwt?: { token: string; key: string };
	/** Tigase: the nickname of the room occupant who wrote. */
	nickname?: string;
	/** Tigase: an event of the account, such as `account-removed`. */
	event?: string;
}

/** An app of the operator's: which service, and what may leave. */
export interface App {
	/** Of the operator's choosing; registrations keep it. */
	name: string;
	service: ServiceName;
	/**
	 * `auto`: as the notification says, or as apps of p2 and fpush expect it (app-policy.ts). `high`: every message is
	 * worth showing; `silent`: none is.
	 */
	priority?: "auto" | "high" | "silent";
	/** How long a push is tried and kept, in place of PUSH_TTL_S. */
	ttlSeconds?: number;
	/** What of a message may leave: nothing by default where the provider could read it. */
	include?: { sender: boolean; body: boolean };
	/** JIDs of ours: what registers at one of them is for this app. The domain and the local part in lower case. */
	readonly addresses?: readonly string[];
	/** Tigase's names for it: what its clients register with, such as `tigase:messenger:apns:1`. */
	readonly providers?: readonly string[];
	/** fpush's way without registering: the module names that mean this app; none: it takes no part. */
	readonly pushModules?: readonly string[];
	/** In whose form its pushes are; `auto`, which is the default: in the one the client's dialect lets expect. */
	readonly payload?: PayloadForm | "auto";
	/** Serves the registrations it has, and takes no new ones: others of its service were set up since. */
	readonly retired?: true;
}

/** What a push looks like inside: ours, or what the apps of another app server read. */
export type PayloadForm = "reveille" | "conversations" | "siskin" | "fluux";

/** One push on its way to a device. */
export interface Push {
	registration: Registration;
	notification: Notification;
	/** Seconds the push service should keep trying. */
	ttlSeconds: number;
}

/** What a push service said, classified. A service never retries, sleeps, deletes or logs. */
export type Outcome =
	| { kind: "delivered"; id?: string }
	/**
	 * The token is dead, since `at` if the provider says when: forget it unless it was renewed later. `voip`: that
	 * token alone.
	 */
	| { kind: "gone"; reason: string; at?: number; token?: "voip" }
	/**
	 * The provider's fault or ours, for now. `detail`: why really, for the log alone, of a host that a client chose and
	 * that was not reached. Whoever publishes, registers or tests must not learn what its name resolves to.
	 */
	| { kind: "retry"; reason: string; afterMs?: number; about?: "token" | "push"; detail?: string }
	/** This message or this token only: keep the registration. */
	| { kind: "rejected"; reason: string; about?: "push" }
	/** Our credentials, or what else a person has to set up: alert, keep everything. */
	| { kind: "misconfigured"; reason: string; about?: About };

/**
 * Who is spoken of. `token`: the provider's own word about this token, or tokens of its sort, and nobody else. `push`:
 * nobody else either, since the push could not be made: the provider was not asked. `account`: our account there, asked
 * without this device, so all of them. Missing: what this device's push was answered, which may be so for others.
 */
export type About = "token" | "push" | "account";

/** What becomes of pushes, as the console counts them. `later`: tried again; `setup`: our credentials were refused. */
export type Fate = "delivered" | "later" | "gone" | "refused" | "setup";

/** What happened. Each names who decided. */
export type EventKind =
	| "failed"
	| "refused"
	| "ended"
	| "gate"
	| "wrong-node"
	| "wrong-secret"
	| "not-accepted"
	| "action";

export type Decider = "provider" | "owner" | "operator" | "sweep" | "reveille" | "server";

/** A push service: each has a folder under `services/`, and sends with the `fetch` it was given. */
export interface PushService {
	readonly name: ServiceName;
	/**
	 * Checks what a client handed in as its device.
	 * @throws {InvalidDevice} with a sentence that says what to change
	 */
	parseDevice(input: DeviceInput): Device;
	/**
	 * The host the push would go to, where the client chose one that is no provider's and that the operator did not name:
	 * quotas count by it.
	 */
	hostOf?(device: Device): string | undefined;
	/** Where a client's own URL leads: others than those at the same origin must not suffer from it. */
	originOf?(device: Device): { origin: string; isProvider: boolean } | undefined;
	/**
	 * Whether that host was named itself by a browser's maker or by the operator, not only the domain that it is under:
	 * clients cannot choose many such.
	 */
	isNamed?(device: Device): boolean;
	/** Whether pushes of a class do a device harm: they are sent only where its registration asks for them. */
	skips?(device: Device, pushClass: PushClass): boolean;
	/**
	 * Shows our credentials to the provider without a push, where it allows that: `delivered` if it takes them. Never
	 * throws.
	 */
	check?(signal: AbortSignal): Promise<Outcome>;
	/** Sends once. Never throws: no answer until `signal` fires is `retry`. */
	send(push: Push, signal: AbortSignal): Promise<Outcome>;
}

/** A device as a client describes it, unchecked. */
export interface DeviceInput {
	token?: string | undefined;
	voipToken?: string | undefined;
	applicationId?: string | undefined;
	p256dh?: string | undefined;
	auth?: string | undefined;
	title?: string | undefined;
	navigate?: string | undefined;
}

/** A device that cannot be pushed to, with the reason for whoever handed it in. */
export class InvalidDevice extends Error {
	override name = "InvalidDevice";
	/** What does not fit. */
	readonly field: keyof DeviceInput | "deviceName";

	constructor(message: string, field: keyof DeviceInput | "deviceName" = "token") {
		super(message);
		this.field = field;
	}
}

/** One that nobody will ever be able to push to, whatever changes here: where it is registered, it is gone. */
export class DeadDevice extends InvalidDevice {}

/** What became of a publish. Each way in (stanza, HTTP) turns it into its own words, in one switch. */
export type Answer =
	/** Delivered, on this connector's disk, superseded by a later one that is, or of a class that its device does not get. */
	| { kind: "done"; how: "delivered" | "superseded" | "skipped" }
	| { kind: "done"; how: "queued"; reason?: string }
	/** Known to be gone, never known, or not proven by its secret: these look the same from outside. */
	| { kind: "unknown"; reason: string }
	/** Its push service refuses this push for good; the registration stays. */
	| { kind: "refused"; reason: string }
	/** Not now: nothing was promised, and the user's registration must survive. */
	| { kind: "wait"; reason: string };

/** What does not keep anything from working, or not yet. */
export interface AdminReadiness {
	/** Sentences that say what to look at, and how to mend it. */
	notes: readonly string[];
	/** The servers of the accounts; null: the server did not say, or was not asked yet. */
	servers: readonly {
		address: string;
		/** Its URL, once it is known. */
		service: string | null;
		push: boolean | null;
		resumption: boolean | null;
		/** Bytes. */
		longestStanza: number | null;
	}[];
}
