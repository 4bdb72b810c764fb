/** What one XMPP connection takes in: publishes and commands, answers to us, and a pubsub host's events. */

import type { Logger } from "@logtape/logtape";
import type { Element } from "@xmpp/xml";
import type { XmppConnection } from "../config/connections.ts";
import type { PublishRequest } from "../delivery/admission.ts";
import { about } from "../messages/about.ts";
import type { OwnerForm } from "../messages/whom.ts";
import { createRegistrar, type RegistrarDeps } from "../registering/xmpp-registrar.ts";
import { isOwnNode, type Keyring } from "../secrets.ts";
import { faultOf } from "../store/database-fault.ts";
import type { PubsubNodes } from "../store/pubsub-nodes.ts";
import type { Answer, Notification } from "../types.ts";
import type { CommandDeps } from "../xmpp/commands/commands.ts";
import { createDelegation } from "../xmpp/delegation.ts";
import { bareOf } from "../xmpp/jid.ts";
import type { Push2Message } from "../xmpp/push2.ts";
import { createRequests, type Requests } from "../xmpp/requests.ts";
import { createStanzaHandler, type StanzaDeps, type StanzaHandler } from "../xmpp/stanzas.ts";
import { createPubsubKeeper, type PubsubKeeper } from "./pubsub-keeper.ts";
import { serveUnifiedPush, type UnifiedPush } from "./unified-push.ts";

export interface IntakeDeps extends Omit<RegistrarDeps, "allow" | "address" | "pubsubHost"> {
	keyring: Keyring;
	pubsubNodes: PubsubNodes;
	version: string;
	/** A publish that came to us. */
	publish(request: PublishRequest): Promise<Answer>;
	/** One that came to a node of ours at a pubsub host. */
	push(node: string, notification: Notification): Promise<Answer>;
	/** UnifiedPush; missing: it is not served. An account never serves it. */
	unifiedPush?: UnifiedPush | undefined;
	/** Sends a stanza of our own from this connection's address. */
	send(stanza: Element): void;
	/** The answer to who asks which database we serve. */
	same?: StanzaDeps["same"];
	/** Why nothing can be said of unknown registrations. */
	doubt?: StanzaDeps["doubt"];
	/** What this connection's servers let it do for one's own users; missing: nothing. */
	own?:
		| {
				domains: readonly string[];
				/** Called with what comes that may be about permissions. @returns whether it was */
				hear(message: Element): boolean;
		  }
		| undefined;
	/** What the log calls owners. */
	ownerForm: OwnerForm;
	log: Logger;
}

export interface Intake {
	handle: StanzaHandler;
	/** Whether a stanza, by its own tag, answers a request of ours. */
	isAwaited(head: Element): boolean;
	/** Asks somebody by this connection. */
	ask: Requests["ask"];
	/** The connection is there. */
	online(isResumed: boolean): void;
	/** A registration with a node at this pubsub host ended. */
	ended(pubsubHost: string | undefined, node: string): void;
	stop(): void;
}

export function createIntake(connection: XmppConnection, deps: IntakeDeps): Intake {
	const { keyring, log, push, publish } = deps;
	const { address, allow, pubsubHost: hostJid } = connection;
	const requests = createRequests(deps.send, { own: bareOf(address) });
	const keeper: PubsubKeeper | undefined =
		hostJid === undefined
			? undefined
			: createPubsubKeeper({
					host: hostJid,
					address,
					requests,
					nodes: deps.pubsubNodes,
					push,
					log,
					keyring: { createNode: keyring.createNode, isOurs: isOwnNode },
				});
	const onFault = (error: unknown, from: string) =>
		log.error(
			"{address}: a command of {owner} failed, and is answered with an error: {error}",
			about("command-not-answered", { address, owner: deps.ownerForm(bareOf(from)), error: faultOf(error) }),
		);
	const registrar = createRegistrar({
		...deps,
		allow,
		address,
		...(keeper && hostJid !== undefined && { pubsubHost: { jid: hostJid, restrict: keeper.restrict } }),
	});
	const commands: CommandDeps = {
		registrar,
		turn: () => new Promise((resolve) => setImmediate(resolve)),
		onFault,
	};
	const { own } = deps;
	const unifiedPush = connection.kind === "component" ? deps.unifiedPush : undefined;
	const handle = createStanzaHandler({
		publish: (request, publisher) => publish({ ...request, publisher }),
		push2: (message) => publish(requestOf(message, connection.kind)),
		commands,
		delegation: own && createDelegation({ ...commands, domains: own.domains }),
		version: deps.version,
		...(deps.same && { same: deps.same }),
		...(deps.doubt && { doubt: deps.doubt }),
		...(unifiedPush && { unifiedPush: serveUnifiedPush(unifiedPush, { ...deps, registrar }, onFault) }),
	});

	return {
		async handle(stanza) {
			if (requests.take(stanza)) {
				unifiedPush?.sending.answered(stanza);
				return undefined;
			}
			if (own?.hear(stanza)) return undefined;
			if (keeper) await keeper.take(stanza);
			return handle(stanza);
		},
		isAwaited: requests.awaits,
		ask: requests.ask,
		online: (isResumed) => keeper?.online(isResumed),
		ended(pubsubHost, node) {
			if (pubsubHost === hostJid) keeper?.ended(node);
		},
		stop: () => keeper?.stop(),
	};
}

/** A message of Push 2.0 as the publish that it stands for. */
function requestOf(
	{ client, publisher, notification }: Push2Message,
	unanswered: XmppConnection["kind"],
): PublishRequest {
	const request = { publisher, notification, unanswered };
	switch (client.kind) {
		case "registration":
			return { ...request, node: client.node, secret: client.secret };
		case "apns":
			return { ...request, node: client.token, push2: client };
		case "endpoint":
			return { ...request, node: client.url, push2: client };
	}
}
