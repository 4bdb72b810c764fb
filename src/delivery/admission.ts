/** Who may publish: shown by the publish itself, before anything is looked up (invariant 7). */

import type { Logger } from "@logtape/logtape";
import { about } from "../messages/about.ts";
import { nodeForm } from "../messages/whom.ts";
import { type Keyring, splitOpenNode } from "../secrets.ts";
import type { Answer, Notification } from "../types.ts";
import type { Push2Client } from "../xmpp/push2.ts";
import { waitAnswer } from "./push-item.ts";
import { type Modules, NOT_SERVED } from "./push-modules.ts";
import type { Push2Relay } from "./push2-relay.ts";

/** A publish as it came in. */
export interface PublishRequest {
	/** Of a registration; its node and secret in one (Tigase's dialect); or a device's token, with `pushModule`. */
	node: string;
	secret?: string;
	/** The app that a client which never registered asks for. */
	pushModule?: string;
	/** Push 2.0: a device that never registered, in place of node and secret. */
	push2?: Exclude<Push2Client, { kind: "registration" }>;
	/**
	 * Push 2.0, by which way it came: nobody hears the answer, or would publish it again. What cannot be handled now is
	 * kept. What an account did not handle yet its server sends again to the next process; a component's does not.
	 */
	unanswered?: "account" | "component";
	/** The domain whose server published; undefined where the way in does not tell. */
	publisher?: string;
	/** Whether it said how important it is; `missing`: the class is no more than a guess. */
	tag?: "given" | "missing";
	notification: Notification;
}

/** @returns the node that may be pushed to, or the answer */
export type Admission = (request: PublishRequest) => Promise<{ node: string } | Answer>;

const COMPLAIN_EVERY_MS = 60_000;

export function createAdmission({
	keyring,
	modules,
	relay,
	isBarred = () => false,
	log,
	now,
}: {
	keyring: Pick<Keyring, "verify">;
	modules: Pick<Modules, "admit" | "admitApns">;
	/** PUSH2_RELAY; missing: nothing is relayed. */
	relay?: Pick<Push2Relay, "admit"> | undefined;
	/** Whether the operator serves a domain no more; as in `Bars`. Missing: all are served. */
	isBarred?(domain: string): boolean | Promise<boolean>;
	log: Logger;
	now(): number;
}): Admission {
	let complainedAt = Number.NEGATIVE_INFINITY;

	/** Once a minute at most: anybody can send a node that names no key of ours. */
	function complainOfKey(node: string, publisher = "somebody") {
		if (now() - complainedAt < COMPLAIN_EVERY_MS) return;
		complainedAt = now();
		log.error(
			"Publishes come for registrations made with a key that is not configured, such as {node} from {publisher}. They are answered with wait. Add that key to SECRET_KEY_OLD.",
			about("key-not-configured", { node: nodeForm(node), publisher }),
		);
	}

	/** Strangers' devices: what is not served is refused, which tells the console of no wrong secret. */
	async function admitPush2(
		client: NonNullable<PublishRequest["push2"]>,
		notification: Notification,
		publisher: string,
	): ReturnType<Admission> {
		if (await isBarred(publisher)) return { kind: "refused", reason: NOT_SERVED.reason };
		if (client.kind === "apns") {
			const admitted = modules.admitApns(client, publisher);
			return "kind" in admitted && admitted.kind === "unknown"
				? { kind: "refused", reason: admitted.reason }
				: admitted;
		}
		if (!relay) return { kind: "refused", reason: "nothing is relayed here (PUSH2_RELAY)" };
		return relay.admit({ url: client.url, notification, publisher });
	}

	return async ({ node, secret, pushModule, push2, publisher, notification }) => {
		if (secret === undefined && push2 !== undefined) {
			return admitPush2(push2, notification, publisher ?? "");
		}
		if (pushModule !== undefined && secret === undefined) {
			if (publisher !== undefined && (await isBarred(publisher))) return NOT_SERVED;
			return modules.admit({ module: pushModule, token: node, publisher });
		}
		const credential = secret === undefined ? splitOpenNode(node) : { node, secret };
		if (!credential) return { kind: "unknown", reason: "no secret" };
		let check = await keyring.verify(credential.node, credential.secret);
		// Clients that write each element on a line of its own hand in the blanks around it too.
		const trimmed = credential.secret.trim();
		if (check !== "ok" && trimmed !== credential.secret) {
			check = await keyring.verify(credential.node, trimmed);
		}
		switch (check) {
			case "ok":
				return { node: credential.node };
			case "wrong":
				return { kind: "unknown", reason: "wrong secret" };
			case "unknown-key":
				complainOfKey(credential.node, publisher);
				return waitAnswer("the key of this registration is not configured");
		}
	};
}
