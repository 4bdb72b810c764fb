/** What the commands ask of registering. Nothing here runs: `src/registering` does it. */
import type { App, DeviceInput, Dialect, Registration, ServiceName } from "../types.ts";

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
	muc?: string | undefined;
}

export type RegisterResult =
	/** `node` is its own credential in Tigase's dialect. Without `secret`: `jid` is a pubsub host, which takes none. */
	| { kind: "registered"; jid: string; node: string; secret: string | undefined }
	/** No app here is for such devices, though others' may be. */
	| { kind: "not-served"; reason: string }
	| { kind: "bad-device"; reason: string }
	/** An address is longer than those that are kept. */
	| { kind: "too-long"; reason: string }
	/** For now. */
	| { kind: "over-quota" | "not-ready"; reason: string };

/** Which of an owner's registrations. */
export type Which =
	/** As its device was called when it registered; `app`: only there. */
	| { device: string; app?: AppWish }
	/** As its owner's client knows them. */
	| { nodes: readonly string[] };

export interface Registrar {
	readonly apps: readonly App[];
	/** Services that have an app. */
	readonly services: ReadonlySet<ServiceName>;
	/** Tigase: the providers whose devices are taken. */
	readonly providers: readonly string[];
	/** Whether registrations get a secret: a pubsub host takes none. */
	readonly givesSecrets: boolean;
	/** XMPP_ALLOW. @param owner a bare JID */
	mayRegister(owner: string): boolean;
	/** @throws when the database is away */
	register(request: RegisterRequest): Promise<RegisterResult>;
	/** All that an owner has, with the nodes as the owner's client knows them. @throws likewise */
	list(owner: string): Promise<Registration[]>;
	/** The secret of a registration's node. */
	secretOf(node: string): Promise<string>;
	/** Ends registrations. @returns those that were, with their nodes likewise @throws likewise */
	remove(owner: string, which: Which): Promise<Registration[]>;
}
