/** Takes in what apps' servers send to UnifiedPush endpoints: it is kept before it is answered. */
import { unifiedPushBounds } from "../../limits/bounds/unified-push.ts";
import { createBuckets } from "../../limits/token-buckets.ts";
import { type Keyring, splitOpenNode } from "../../secrets.ts";
import type { Bars } from "../../store/console/bars.ts";
import { BARRED } from "../../store/registrations/end.ts";
import type { Registrations } from "../../store/registrations/registrations.ts";
import type { UnifiedPushMessages, Usage } from "../../store/unified-push/messages.ts";
import type { Registration } from "../../types.ts";
import { partyOfOwner } from "../../xmpp/party.ts";
import { UNIFIED_PUSH } from "../../xmpp/unified-push.ts";
import type { UnifiedPushSending } from "./sending.ts";

/** A push that is not to be kept is tried once: by a connector that looks every second, and for as long as it may take. */
const ONE_TRY_MS = 15_000;

/** What was sent to an endpoint. */
export interface Sent {
	body: Uint8Array;
	/** RFC 8030 §5.2: as the sender wishes. */
	ttlSeconds: number;
	/** RFC 8030 §5.4. */
	topic: string | undefined;
}

export type Taken =
	/** Committed. `receipt` names the push and tells nothing else; `ttlSeconds`: as granted. */
	| { kind: "kept"; receipt: string; ttlSeconds: number }
	/** No endpoint was ever called so. */
	| { kind: "unknown" }
	/** The app is gone, or its device did not renew it. */
	| { kind: "gone" }
	| { kind: "too-often"; waitMs: number }
	/** No more can be kept now. */
	| { kind: "full" }
	/** A key was taken away while endpoints made with it live on. */
	| { kind: "key-missing" };

export interface TakingDeps {
	registrations: Pick<Registrations, "find" | "findAtPrimary" | "expire" | "remove" | "rename">;
	/** Whether the operator serves an owner no more; both as in `Bars`. */
	bars: Pick<Bars, "isBarred" | "isStillBarred">;
	keyring: Pick<Keyring, "verifyEndpoint" | "conceal">;
	messages: Pick<UnifiedPushMessages, "put" | "usage" | "moved">;
	/** How long an endpoint lives that is not renewed, ms. */
	endpointLifeMs: number;
	/** Whether anybody may register: then one domain may not have all that may wait. */
	isOpen: boolean;
	/** Whether the database's disk has room; missing: that is for its operator to watch. */
	mayGrow?: (() => Promise<boolean>) | undefined;
	/** The connector of this process; missing: others look every second. */
	sending?: Pick<UnifiedPushSending, "claimantFor" | "send" | "look"> | undefined;
	now?: () => number;
}

/**
 * Takes a push in.
 * @param token the last part of the endpoint's path
 * @throws when the database is away
 */
export type Take = (token: string, sent: Sent) => Promise<Taken>;

export function createTaking(deps: TakingDeps): Take {
	const {
		registrations,
		bars,
		keyring,
		messages,
		sending,
		mayGrow = async () => true,
		now = Date.now,
	} = deps;
	const endpoints = createBuckets(unifiedPushBounds.endpointRate.is, now);
	const mayKeep = createSpace(deps, now);

	/** Of one that a process registered which did not know of the bar yet: it ends here. Almost always nothing is waited for. */
	async function endIfBarred({ node, owner }: Registration, isBarred: Promise<boolean> | true) {
		if (!(await isBarred) || !(await bars.isStillBarred(owner))) return false;
		await registrations.remove(node, BARRED);
		return true;
	}

	/** The registration of an endpoint, by the node that its endpoint names: an older key's goes. */
	async function registrationOf(node: string): Promise<Registration | undefined> {
		let found = (await registrations.find(node)) ?? (await registrations.findAtPrimary(node));
		if (found?.app !== UNIFIED_PUSH) return undefined;
		if (found.renewedAt + deps.endpointLifeMs < now()) {
			// What a replica has may be older than a renewal.
			if (await registrations.expire(found.node, deps.endpointLifeMs)) return undefined;
			found = await registrations.findAtPrimary(node);
			if (!found) return undefined;
		}
		if (found.node === node) return found;
		const renamed = await registrations.rename(found, node);
		if (renamed) await messages.moved(found.node, node);
		return renamed;
	}

	return async (token, { body, ttlSeconds, topic }) => {
		const { node: named = "", secret = "" } = splitOpenNode(token) ?? {};
		const check = await keyring.verifyEndpoint(named, secret);
		if (check !== "ok") return { kind: check === "wrong" ? "unknown" : "key-missing" };
		const waitMs = endpoints.take(named);
		if (waitMs > 0) return { kind: "too-often", waitMs };
		const registration = await registrationOf(named);
		if (!registration) return { kind: "gone" };
		const { node, owner, party = partyOfOwner(owner) } = registration;
		const isBarred = bars.isBarred(owner);
		if (isBarred !== false && (await endIfBarred(registration, isBarred))) return { kind: "gone" };
		if (!(await mayGrow()) || !(await mayKeep(party, body.length))) return { kind: "full" };

		const granted = Math.min(ttlSeconds, unifiedPushBounds.timeToLive.is);
		const text = asBase64(body);
		const claimedBy = sending?.claimantFor(node);
		const ttlMs = Math.max(granted * 1000, ONE_TRY_MS);
		const message = { node, party, topic, body: text, bytes: body.length, ttlMs, claimedBy };
		const { id, hasOthers } = await messages.put(message);
		if (id !== undefined && claimedBy !== undefined)
			sending?.send(registration, { id, node, body: text, ...(topic !== undefined && { topic }) }, hasOthers);
		else sending?.look();
		const receipt = await keyring.conceal(`unifiedpush receipt ${id ?? crypto.randomUUID()}`);
		return { kind: "kept", receipt, ttlSeconds: granted };
	};
}

/** Between two counts because there seems to be no room, ms. */
const RECOUNT_MS = 500;

/** @returns whether there is room for so many bytes more, by a count that may be some seconds old */
function createSpace({ messages, isOpen }: TakingDeps, now: () => number) {
	const all = unifiedPushBounds.waitingInAll.is;
	const most = isOpen ? Math.floor(all * unifiedPushBounds.share.is) : all;
	let usage: Usage = { all: 0, parties: new Map() };
	let countedAt = Number.NEGATIVE_INFINITY;
	let counting: Promise<void> | undefined;

	async function count() {
		countedAt = now();
		try {
			usage = await messages.usage();
		} finally {
			counting = undefined;
		}
	}

	const fits = (party: string, bytes: number) =>
		usage.all + bytes <= all && (usage.parties.get(party) ?? 0) + bytes <= most;
	const isOlder = (ms: number) => Math.abs(now() - countedAt) > ms;

	return async (party: string, length: number): Promise<boolean> => {
		const bytes = Math.max(length, unifiedPushBounds.waitingLeast.is);
		// What was delivered since the last count is in it still: before anybody is refused, it is counted again.
		if (isOlder(unifiedPushBounds.usageAge.is) || (!fits(party, bytes) && isOlder(RECOUNT_MS)))
			counting ??= count();
		await counting;
		if (!fits(party, bytes)) return false;
		usage.all += bytes;
		usage.parties.set(party, (usage.parties.get(party) ?? 0) + bytes);
		return true;
	};
}

/** base64 of bytes, in pieces that a call may have as arguments. */
function asBase64(bytes: Uint8Array): string {
	let text = "";
	for (let from = 0; from < bytes.length; from += 1024)
		text += String.fromCharCode(...bytes.subarray(from, from + 1024));
	return btoa(text);
}
