/** What the commands ask of registering. Nothing here runs: `src/registering` does it. */
import type {
	App,
	AskedClass,
	DeviceInput,
	Dialect,
	Enabling,
	Registration,
	ServiceName,
} from "../../types.ts";

/** How a dialect says which app a device is for; among several the address decides first. */
export type AppWish =
	| { service: ServiceName }
	/** mod_push_appserver: what clients call a service, or the name of an app. */
	| { type: string }
	/** Tigase. */
	| { provider: string };

export interface RegisterRequest extends DeviceInput {
	/** The sender's bare JID. */
	owner: string;
	/** The address that the command was sent to: publishes shall come there. */
	to: string;
	dialect: Dialect;
	app: AppWish;
	/** What makes it unique beside owner and app. */
	device: string;
	deviceName?: string | undefined;
	classes?: readonly AskedClass[] | undefined;
	muc?: string | undefined;
	/** An invite's code or link secret, as it was sent. */
	invite?: string | undefined;
}

export type RegisterResult =
	/**
	 * `node` is its own credential in Tigase's dialect. Without `secret`: `jid` is a pubsub host, which takes none.
	 * `deviceSecret` is for the device alone (secrets.ts).
	 */
	| {
			kind: "registered";
			jid: string;
			node: string;
			secret: string | undefined;
			deviceSecret: string;
			/** What the client of Push 2.0 is, with `jid` as its service; missing: there is no PUBLIC_URL, or no secret. */
			push2?: string;
	  }
	/** No app here is for such devices, though others' may be. */
	| { kind: "not-served"; reason: string }
	| { kind: "bad-device"; reason: string }
	/** An address is longer than those that are kept. */
	| { kind: "too-long"; reason: string }
	/** XMPP_ALLOW does not let its owner register, and neither does an invite. */
	| { kind: "no-invite"; why: NoInvite; reason: string }
	/** For now. */
	| { kind: "over-quota" | "not-ready"; reason: string };

/** Why no invite lets somebody in; `missing`: there was none. */
export type NoInvite = "missing" | "unknown" | "revoked" | "for-others" | "ended" | "used-up" | "too-often";

/** Which of an owner's registrations. */
export type Which =
	/** As its device was called when it registered; `app`: only there. */
	| { device: string; app?: AppWish }
	/** As its owner's client knows them. */
	| { nodes: readonly string[] };

/** What became of a test push; `reason` is fit for whoever had it sent. */
export type TestOutcome =
	/**
	 * `superseded`: a newer push for the same device goes in its place. `skipped`: its class is none that this device
	 * gets.
	 */
	| { result: "delivered" | "superseded" | "skipped" }
	/** It waits, and is tried again. */
	| { result: "queued"; reason?: string }
	/** The registration ended, at its push service's word. */
	| { result: "gone" }
	/** `refused`: by the push service, for good. `not-now`: nothing was kept. */
	| { result: "refused" | "not-now"; reason: string };

export type TestResult =
	| { kind: "tested"; node: string; outcome: TestOutcome }
	/** The owner has no such registration, or several. */
	| { kind: "nothing" | "several" }
	/** For so long, ms. */
	| { kind: "too-often"; waitMs: number };

export type RenameResult =
	/** Those that have the name now, with their nodes as the owner's client knows them; perhaps none. */
	{ kind: "renamed"; registrations: Registration[] } | { kind: "too-often" };

export interface Registrar {
	readonly apps: readonly App[];
	/** Services that have an app. */
	readonly services: ReadonlySet<ServiceName>;
	/** Tigase: the providers whose devices are taken. */
	readonly providers: readonly string[];
	/** What browsers subscribe with, base64url; missing: there is no such key here. */
	readonly vapidPublicKey?: string | undefined;
	/** Whether registrations get a secret: a pubsub host takes none. */
	readonly givesSecrets: boolean;
	/** Push at the servers of one's own users; missing: XMPP_ENABLE_FOR lists no domain. */
	readonly ownUsers?:
		| {
				/**
				 * Has push enabled at the owner's server for a registration of Fluux's.
				 * @returns how far that came within some seconds @throws when the database is away
				 */
				enable(node: string): Promise<Enabling | undefined>;
				/** Has it disabled for one that ended. @returns likewise; undefined: there is nothing left to do */
				ended(registration: Pick<Registration, "node" | "owner">): Promise<Enabling | undefined>;
		  }
		| undefined;
	/** Whether XMPP_ALLOW lets an owner in, and no bar keeps it out. @param owner a bare JID */
	mayRegister(owner: string): boolean | Promise<boolean>;
	/**
	 * Whether an invite let in a device of an owner whom XMPP_ALLOW does not: that device may register again without it.
	 * @throws when the database is away
	 */
	isInvited(owner: string): Promise<boolean>;
	/** @throws likewise */
	register(request: RegisterRequest): Promise<RegisterResult>;
	/**
	 * All that an owner has, the oldest first, with the nodes as the owner's client knows them, with the last error in
	 * words that are fit for the owner, and with invites as people call them. @throws likewise
	 */
	list(owner: string): Promise<Registration[]>;
	/** Sends a push to one, and says what became of it: it may be held back as any other. @throws likewise */
	test(owner: string, which: Which): Promise<TestResult>;
	/** Gives registrations another name. @throws likewise */
	rename(owner: string, which: Which, deviceName: string): Promise<RenameResult>;
	/** The secret of a registration's node. */
	secretOf(node: string): Promise<string>;
	/** Ends registrations. @returns those that were, with their nodes likewise @throws likewise */
	remove(owner: string, which: Which): Promise<Registration[]>;
}
