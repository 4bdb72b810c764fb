/** What the HTTP application is composed from, and what a request carries through it. */
import type { Logger } from "@logtape/logtape";
import type { Hono } from "hono";
import type { Take } from "../delivery/unified-push/taking.ts";
import type { InviteDesk } from "../registering/invite-check.ts";
import type { NodeSource } from "../registering/nodes.ts";
import type { OwnUsers } from "../registering/own-users.ts";
import type { RefusedRegistration } from "../registering/refused-registration.ts";
import type { Keyring } from "../secrets.ts";
import type { Happened } from "../store/console/events.ts";
import type { Census } from "../store/registrations/census.ts";
import type { Registrations } from "../store/registrations/registrations.ts";
import type { AdminReadiness, Answer, App, Notification, PushService } from "../types.ts";
import type { WebAppSettings } from "../web/settings.ts";
import type { Sessions } from "./admin/console/sessions.ts";
import type { ConnectorNow, ConsoleApp, ConsoleJournal, ConsoleStore } from "./admin/console/sources.ts";
import type { Proof } from "./guards/authorization.ts";
import type { JwtCheck } from "./guards/jwt.ts";
import type { Permit } from "./guards/permit.ts";
import type { TokenCheck } from "./guards/registration-token.ts";
import type { RequestWatch } from "./request-watch.ts";

/** An app as clients may see it. */
export interface PublicApp extends App {
	/** Web Push: what a browser subscribes with (`applicationServerKey`), base64url. */
	vapidPublicKey?: string;
}

/** Whether a part works: true, or a sentence that says what is wrong. */
export interface Readiness {
	database: true | string;
	/** `undefined`: this process has no XMPP connection to look after. */
	xmpp: true | string | undefined;
	/** For whoever has the ADMIN_TOKEN; missing: there is nothing to say. */
	forAdmins?: AdminReadiness | undefined;
}

/** What there is to know of the web app beside what the rest of the application knows. */
export interface WebAppDeps extends Pick<WebAppSettings, "address" | "open" | "servers"> {
	/** Whether its page is known to be https. */
	isHttps: boolean;
}

/** What an operator's questions are answered from, beside what the rest of the application has. */
export interface OperatorDeps extends ConsoleStore {
	/** The address that people open it at, as PUBLIC_URL says it. */
	publicUrl?: string | undefined;
	/** The first of a service is its default. */
	apps: readonly ConsoleApp[];
	/** Whether there are UnifiedPush devices, which are of no app of the settings. */
	isUnifiedPush?: boolean | undefined;
	/** How many registrations there are. */
	census: Pick<Census, "latest">;
	/** Writes down what was done, now or with the next batch. */
	note(happened: Happened): void | Promise<void>;
	/** What this process notices; missing: it does not live long enough (the edge). */
	journal?: ConsoleJournal | undefined;
	/** What became of enabling push for one's own users; missing: XMPP_ENABLE_FOR lists no domain. */
	ownUsers?: Pick<OwnUsers, "of"> | undefined;
	/** How the log names an owner; missing: by the domain and six characters of a hash. */
	ownerForm?: ((owner: string) => string) | undefined;
	/** The connector of this process, where it has one. `id`, `host`: as it writes down its numbers. */
	connector?: { id: string; host: string; live(): Promise<ConnectorNow> } | undefined;
}

/** The console's page asks them too. */
export interface ConsoleDeps extends OperatorDeps {
	sessions: Sessions;
	/** The sub-app, to be mounted at the root (console.ts): handed in, so that who has no console need not load it. */
	routes(deps: AppDeps, own: ConsoleDeps): Hono<RequestEnv>;
}

/** What is served to apps' servers. */
export interface UnifiedPushDeps {
	/** What endpoints begin with. */
	publicUrl: string;
	take: Take;
}

export interface AppDeps {
	version: string;
	registrations: Registrations;
	keyring: Keyring;
	/** By the name of their app. */
	services: ReadonlyMap<string, PushService>;
	/** The first of a service is its default. */
	apps: readonly PublicApp[];
	/** The JID a user's server publishes to; missing: nobody can register yet, and the answer says what to set. */
	pushAddress: string | undefined;
	/** Where the URLs of Push 2.0 begin; missing: none are given out. */
	publicUrl?: string | undefined;
	/** Where the nodes of new registrations come from. */
	nodes: NodeSource;
	/** Who may register over HTTP. */
	registration: { mode: "open" } | { mode: "token"; check: TokenCheck } | { mode: "jwt"; check: JwtCheck };
	invites: Pick<InviteDesk, "check">;
	/** Whose push is enabled at their own servers; missing: XMPP_ENABLE_FOR lists no domain. */
	ownUsers?: OwnUsers | undefined;
	/** mod_push_appserver's trusting ways. */
	trustDeviceId: boolean;
	/** Who may publish to a registration whose owner is known: the owner's domain, or everybody with its secret. */
	publishers: "own" | "any";
	/** mod_push_appserver's debug pages, for whoever has this token; missing: there are none. */
	debugPages?: { adminToken: string } | undefined;
	/** The console at /admin/; missing: there is none, and its path says what to set. */
	console?: ConsoleDeps | undefined;
	/** The web app at /app/; missing: there is none. */
	webApp?: WebAppDeps | undefined;
	/** Pushes to a registration whose secret was checked. */
	push(node: string, notification: Notification): Promise<Answer>;
	/** UnifiedPush endpoints; missing: there are none. */
	unifiedPush?: UnifiedPushDeps | undefined;
	readiness(): Promise<Readiness>;
	/** Hears of registrations that are refused. Missing: nobody does. */
	note?(refused: RefusedRegistration): void;
	/** Addresses and CIDR ranges whose X-Forwarded-For is believed. */
	trustedProxies: readonly string[];
	/** The address of whoever is connected to us; undefined where the runtime does not say. */
	peerAddress(request: Request, env: unknown): string | undefined;
	/** Who asks how a request arrived; missing: nobody does. */
	requestWatch?: Pick<RequestWatch, "arrived"> | undefined;
	log: Logger;
	now?: () => number;
	random?: (bytes: Uint8Array<ArrayBuffer>) => Uint8Array;
}

/** The client's network: an IPv4 address or an IPv6 /64; undefined where the runtime does not say. */
export interface RequestEnv {
	Variables: { clientNetwork: string | undefined; permit: Permit; proof: Proof; secureHeadersNonce?: string };
}
