/** Who may publish: shown by the publish itself, before anything is looked up (invariant 7). */

import type { Logger } from "@logtape/logtape";
import { about } from "../messages/about.ts";
import { nodeForm } from "../messages/whom.ts";
import { type Keyring, type SecretCheck, splitOpenNode } from "../secrets.ts";
import type { Answer, Notification } from "../types.ts";
import { waitAnswer } from "./push-item.ts";
import { type Modules, NOT_SERVED } from "./push-modules.ts";

/** A publish as it came in. */
export interface PublishRequest {
	/** Of a registration; its node and secret in one (Tigase's dialect); or a device's token, with `pushModule`. */
	node: string;
	secret?: string;
	/** The app that a client which never registered asks for. */
	pushModule?: string;
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
	isBarred = () => false,
	log,
	now,
}: {
	keyring: Pick<Keyring, "verify">;
	modules: Pick<Modules, "admit">;
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

	/** Clients that write each element on a line of its own hand in the blanks around it too. */
	async function verify(node: string, secret: string): Promise<SecretCheck> {
		const check = await keyring.verify(node, secret);
		const trimmed = secret.trim();
		return check === "ok" || trimmed === secret ? check : keyring.verify(node, trimmed);
	}

	return async ({ node, secret, pushModule, publisher }) => {
		if (pushModule !== undefined && secret === undefined) {
			if (publisher !== undefined && (await isBarred(publisher))) return NOT_SERVED;
			return modules.admit({ module: pushModule, token: node, publisher });
		}
		const credential = secret === undefined ? splitOpenNode(node) : { node, secret };
		if (!credential) return { kind: "unknown", reason: "no secret" };
		switch (await verify(credential.node, credential.secret)) {
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
