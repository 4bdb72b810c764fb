/**
 * Push 2.0's relay: Web Push endpoints that never registered here. Their user's server encrypts the content and signs for
 * the push service, so that nothing has to be kept of them. What others decide is bounded: which domains, push services
 * and endpoints, and how often.
 *
 * Nothing is stored: to the rest of delivery these look like registrations which are made up from their node, as those
 * of push-modules.ts.
 */
import type { Rate } from "../limits/bounds/bound.ts";
import { push2Bounds } from "../limits/bounds/push2.ts";
import { createRecent } from "../limits/recent-names.ts";
import { registrableDomain } from "../limits/registrable-domain.ts";
import { createBuckets } from "../limits/token-buckets.ts";
import { isWebPushMessage } from "../services/webpush/message-header.ts";
import { faultOfVapid } from "../services/webpush/vapid-check.ts";
import {
	type Answer,
	type App,
	type Device,
	InvalidDevice,
	type Notification,
	type PushService,
	type Registration,
} from "../types.ts";
import { GONE_MS, type GoneMemory } from "./gone-memory.ts";
import type { Known } from "./push-modules.ts";

/** Why a message is not relayed. */
export const DROP_REASONS = {
	not_allowed: "its domain is not in `XMPP_ALLOW`",
	bad_endpoint: "its endpoint is none that may be pushed to",
	bad_content: "its content is no message of RFC 8291",
	bad_jwt: "its JWT is missing, or not for this push service",
	gone: "its push service said within a day that the endpoint is gone",
	too_often: "more than one domain or one endpoint may have",
	too_many_gone: "more endpoints of its domain were gone within the hour than one domain may have",
	too_many_origins: "more push services than one domain may have in a day",
} as const;

export type DropReason = keyof typeof DROP_REASONS;

export interface Push2Relay {
	readonly app: App;
	readonly service: PushService;
	/** @returns the node to push to, or what becomes of the message: nobody is told */
	admit(message: {
		url: string;
		notification: Notification;
		publisher: string;
	}): Promise<{ node: string } | Answer>;
	/** The registrations, and beside them those that are made up from such a node. */
	beside(registrations: Known): Known;
}

/** No app in the settings may begin so. */
export const RELAY_APP = { name: "-push2-relay", service: "webpush" } as const satisfies App;

/** No node of a registration begins so: these are base64url. */
const PREFIX = "relay:";

/** Whether there is an endpoint in it, in place of a registration's node. */
export const isRelayNode = (node: string) => node.startsWith(PREFIX);

const DAY_MS = 86_400_000;
const HOUR_S = 3_600;
const MOST_GONE = push2Bounds.relayGone.is;
const ENDPOINTS_KEPT = 2 * push2Bounds.relayEndpoints.is;

/** When each endpoint was said to be gone, and when it was last delivered to, by its hash. */
interface EndpointFacts {
	goneAt?: number;
	deliveredAt?: number;
}

/**
 * @param options.mayRelay whether a domain may have its messages relayed: XMPP_ALLOW
 * @param options.isBarred whether the operator serves a domain no more; as in `Bars`. Missing: all are served
 * @param options.hash what an endpoint is remembered by
 * @param options.gone which are gone, for longer than this process lives; missing: no longer
 * @param options.onDropped told why a message of a domain is not relayed, `detail` in a sentence's words
 */
export function createPush2Relay({
	service,
	mayRelay,
	isBarred = () => false,
	hash,
	gone,
	onDropped = () => {},
	now = Date.now,
}: {
	service: PushService;
	mayRelay(domain: string): boolean;
	isBarred?(domain: string): boolean | Promise<boolean>;
	hash(endpoint: string): Promise<string>;
	gone?: Pick<GoneMemory, "known" | "note">;
	onDropped?(reason: DropReason, publisher: string, detail: string): void;
	now?: () => number;
}): Push2Relay {
	const ofDomain = createBuckets(push2Bounds.relayDomain.is satisfies Rate, now);
	const ofEndpoint = createBuckets(push2Bounds.relayEndpoint.is satisfies Rate, now);
	const ofGone = createBuckets({ burst: MOST_GONE, perSecond: MOST_GONE / HOUR_S }, now);
	const origins = createOrigins(now);
	const facts = createRecent<EndpointFacts>(ENDPOINTS_KEPT);
	for (const { hash: name, goneAt } of gone?.known.toReversed() ?? []) facts.set(name, { goneAt });

	/** @returns makes the answer to a message of a domain */
	const dropping =
		(publisher: string) =>
		(reason: DropReason, detail: string = DROP_REASONS[reason]): Answer => {
			onDropped(reason, publisher, detail);
			return { kind: "refused", reason: detail };
		};

	const isGone = ({ goneAt }: EndpointFacts) => goneAt !== undefined && Math.abs(now() - goneAt) < GONE_MS;

	function deviceOf(url: string): Device | string {
		try {
			return service.parseDevice({ token: url });
		} catch (error) {
			if (error instanceof InvalidDevice) return error.message;
			throw error;
		}
	}

	async function registrationOf(node: string): Promise<Registration | undefined> {
		const [publisher, endpoint] = partsOf(node);
		if (publisher === undefined || endpoint === undefined) return undefined;
		// What waited is not sent where its message would be dropped today.
		if (!mayRelay(publisher) || (await isBarred(publisher))) return undefined;
		const known = facts.get(await hash(endpoint)) ?? {};
		if (isGone(known)) return undefined;
		const { deliveredAt } = known;
		return {
			node,
			app: RELAY_APP.name,
			device: endpoint,
			token: endpoint,
			owner: "",
			party: registrableDomain(publisher),
			registeredAt: 0,
			renewedAt: 0,
			...(deliveredAt !== undefined && { lastSuccessAt: deliveredAt }),
		};
	}

	return {
		app: RELAY_APP,
		service,

		async admit({ url, notification: { rfc8291, jwt }, publisher }) {
			const drop = dropping(publisher);
			// What costs least comes first, and the signature last. A blank ends the domain in the node.
			if (!mayRelay(publisher) || publisher.includes(" ")) return drop("not_allowed");
			const party = registrableDomain(publisher);
			if (ofDomain.take(party) > 0) return drop("too_often");
			const device = deviceOf(url);
			if (typeof device === "string") return drop("bad_endpoint", device);
			if (rfc8291 === undefined || !isWebPushMessage(Uint8Array.fromBase64(rfc8291)))
				return drop("bad_content");
			if (!jwt) return drop("bad_jwt");
			const { token: endpoint } = device;
			const name = await hash(endpoint);
			const known = facts.get(name) ?? {};
			if (isGone(known)) return drop("gone");
			// Whoever makes endpoints up has none that was delivered to.
			if (known.deliveredAt === undefined && ofGone.wait(party) > 0) return drop("too_many_gone");
			const { origin } = new URL(endpoint);
			const fault = await faultOfVapid(jwt, origin, now());
			if (fault !== undefined) return drop("bad_jwt", `the JWT cannot be used: ${fault}`);
			if (!service.isNamed?.(device) && !origins.take(party, origin)) return drop("too_many_origins");
			if (ofEndpoint.take(name) > 0) return drop("too_often");
			return { node: `${PREFIX}${publisher} ${endpoint}` };
		},

		beside: (registrations) => ({
			find: (node) => (isRelayNode(node) ? Promise.resolve(registrationOf(node)) : registrations.find(node)),
			findAtPrimary: async (node) =>
				isRelayNode(node) ? registrationOf(node) : registrations.findAtPrimary(node),
			async forget(node, ...condition) {
				if (!isRelayNode(node)) return registrations.forget(node, ...condition);
				const [publisher = "", endpoint = ""] = partsOf(node);
				ofGone.take(registrableDomain(publisher));
				const [name, goneAt] = [await hash(endpoint), now()];
				facts.set(name, { goneAt });
				gone?.note(name, goneAt);
				return true;
			},
			rename: registrations.rename,
			remove: registrations.remove,
			forgetVoip: registrations.forgetVoip,
			async record(results, counts) {
				for (const { node, at, error } of results) {
					const [, endpoint] = isRelayNode(node) && error === undefined ? partsOf(node) : [];
					if (endpoint === undefined) continue;
					const name = await hash(endpoint);
					// Results are written later: it may have been said to be gone since.
					facts.set(name, { ...facts.get(name), deliveredAt: at });
				}
				await registrations.record(
					results.filter(({ node }) => !isRelayNode(node)),
					counts,
				);
			},
		}),
	};
}

/** The domain that sent the message, and the endpoint; neither holds a blank. */
function partsOf(node: string): (string | undefined)[] {
	return node.slice(PREFIX.length).split(" ");
}

/** So many push services each registrable domain may have in a day. */
function createOrigins(now: () => number) {
	const used = createRecent<Map<string, number>>(2 * push2Bounds.relayDomains.is);

	return {
		/** @returns whether it is one of them, or there is room for it */
		take(party: string, origin: string): boolean {
			const its = used.get(party) ?? new Map<string, number>();
			for (const [each, at] of its) if (Math.abs(now() - at) >= DAY_MS) its.delete(each);
			if (!its.has(origin) && its.size >= push2Bounds.relayOrigins.is) return false;
			// The day begins with the first message: who sends each hour holds its place no longer than others.
			if (!its.has(origin)) its.set(origin, now());
			used.set(party, its);
			return true;
		},
	};
}
