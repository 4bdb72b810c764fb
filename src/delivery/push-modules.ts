/**
 * The way without registering (fpush's; Monal, yaxim): the node that a server publishes to is the device's token
 * itself, and a publish-option `pushModule` names the app. Nothing proves that a publisher has to do with the device
 * but that it knows the token, so only apps that list a module name take part, and each publishing domain has limits.
 *
 * Nothing is stored: to the rest of delivery these look like registrations which are made up from their node.
 */
import type { Rate } from "../limits/bounds/bound.ts";
import { deliveryBounds } from "../limits/bounds/delivery.ts";
import { createRecent } from "../limits/recent-names.ts";
import { registrableDomain } from "../limits/registrable-domain.ts";
import { createBuckets } from "../limits/token-buckets.ts";
import type { Registrations } from "../store/registrations/registrations.ts";
import { type Answer, type App, InvalidDevice, type PushService, type Registration } from "../types.ts";
import { waitAnswer } from "./push-item.ts";

/** What delivery asks of registrations. */
export type Known = Pick<
	Registrations,
	"find" | "findAtPrimary" | "rename" | "remove" | "forget" | "forgetVoip" | "record"
>;

export interface Modules {
	/** @returns the node to push to, or the answer to the publisher */
	admit(request: { module: string; token: string; publisher: string | undefined }): { node: string } | Answer;
	/** The registrations, and beside them those that are made up from such a node. */
	beside(registrations: Known): Known;
}

/** The answer to a domain that may not take part. */
export const NOT_SERVED = {
	kind: "unknown",
	reason: "this domain may not publish here",
} as const satisfies Answer;

/** No node of a registration begins so: these are base64url. */
const PREFIX = "module:";

/** Publishes of one domain: a large public server's peak, and far from a flood. */
const PUBLISHES = deliveryBounds.unregisteredPublishes.is;
const HOUR_MS = 3_600_000;
/** Tokens of one domain that turned out to be bad: so many phones are not lost within an hour. */
const BAD_TOKENS: Rate = {
	burst: deliveryBounds.badTokens.is,
	perSecond: (deliveryBounds.badTokens.is * 1000) / HOUR_MS,
};
/** How long a token that its provider called dead is refused without asking again, ms. */
const REMEMBERED_MS = 24 * HOUR_MS;
/** How many tokens are remembered: others choose them. */
const KEPT = deliveryBounds.unregisteredTokens.is;

/**
 * @param options.mayPublish whether a domain may take part: XMPP_ALLOW
 * @param options.services by the name of their app
 */
export function createPushModules({
	apps,
	services,
	mayPublish,
	now = Date.now,
}: {
	apps: readonly App[];
	services: ReadonlyMap<string, Pick<PushService, "parseDevice">>;
	mayPublish(domain: string): boolean;
	now?: () => number;
}): Modules {
	const appOf = new Map(
		apps.flatMap(({ name, pushModules = [] }) => pushModules.map((module) => [module, name])),
	);
	/** By publishing domain. */
	const publishes = createBuckets(PUBLISHES, now);
	const badTokens = createBuckets(BAD_TOKENS, now);
	/** When each node was said to be dead. */
	const dead = createRecent<number>(KEPT);
	/**
	 * When each node was last delivered to: those prove something when many are said to be gone
	 * (dead-token-verdicts.ts).
	 */
	const delivered = createRecent<number>(KEPT);

	function registrationOf(node: string): Registration | undefined {
		const [app, publisher, token] = partsOf(node);
		if (app === undefined || publisher === undefined || token === undefined) return undefined;
		const lastSuccessAt = delivered.get(node);
		return {
			node,
			app,
			device: token,
			token,
			owner: "",
			registeredAt: 0,
			renewedAt: 0,
			// Asked for where something is wrong alone.
			get party() {
				return registrableDomain(publisher);
			},
			...(lastSuccessAt !== undefined && { lastSuccessAt }),
		};
	}

	return {
		admit({ module, token: handedIn, publisher }) {
			const app = appOf.get(module) ?? appOf.get(module.trim());
			const service = app === undefined ? undefined : services.get(app);
			if (app === undefined || !service) return { kind: "unknown", reason: "no such push module" };
			// A colon ends the domain in the node: an IPv6 literal is nobody's XMPP domain.
			if (publisher === undefined || publisher.includes(":") || !mayPublish(publisher)) {
				return NOT_SERVED;
			}
			let token: string;
			try {
				// In the one spelling that its push service takes, and that the token is remembered by.
				token = service.parseDevice({ token: handedIn }).token;
			} catch (error) {
				if (!(error instanceof InvalidDevice)) throw error;
				return { kind: "unknown", reason: "no token of this push service" };
			}
			const node = `${PREFIX}${app}:${publisher}:${token}`;
			const deadAt = dead.get(node);
			if (deadAt !== undefined && now() - deadAt < REMEMBERED_MS)
				return { kind: "unknown", reason: "dead token" };
			if (badTokens.wait(publisher) > 0)
				return waitAnswer("too many tokens from this domain were bad within the hour");
			if (publishes.take(publisher) > 0) return waitAnswer("too many publishes from this domain");
			return { node };
		},

		beside: (registrations) => ({
			find: async (node) => (isModuleNode(node) ? registrationOf(node) : registrations.find(node)),
			findAtPrimary: async (node) =>
				isModuleNode(node) ? registrationOf(node) : registrations.findAtPrimary(node),
			async forget(node, ...condition) {
				if (!isModuleNode(node)) return registrations.forget(node, ...condition);
				dead.set(node, now());
				delivered.delete(node);
				const [, publisher = ""] = partsOf(node);
				badTokens.take(publisher);
				return true;
			},
			rename: registrations.rename,
			remove: registrations.remove,
			forgetVoip: (...condition) => registrations.forgetVoip(...condition),
			async record(results, counts) {
				for (const { node, at, error } of results) {
					if (isModuleNode(node) && error === undefined) delivered.set(node, at);
				}
				await registrations.record(
					results.filter(({ node }) => !isModuleNode(node)),
					counts,
				);
			},
		}),
	};
}

/** Whether there is a device's token in it, in place of a registration's node. */
export const isModuleNode = (node: string) => node.startsWith(PREFIX);

/** App, publishing domain and token; neither of the first two holds a colon. */
function partsOf(node: string): (string | undefined)[] {
	return node.match(/^module:([^:]*):([^:]*):(.*)$/s)?.slice(1) ?? [];
}
