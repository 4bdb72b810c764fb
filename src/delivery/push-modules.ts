/**
 * The way without registering (fpush's; Monal, yaxim): the node that a server publishes to is the device's token
 * itself, and a publish-option `pushModule` names the app. Nothing proves that a publisher has to do with the device
 * but that it knows the token, so only apps that list a module name take part, and each publishing domain has limits.
 *
 * Snikket's form of Push 2.0 is the same for APNs: it names the topic of the app, and may bring a token for calls.
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
	/** The same of a device of APNs, by the topic of its app. */
	admitApns(device: ApnsDevice, publisher: string): { node: string } | Answer;
	/** The registrations, and beside them those that are made up from such a node. */
	beside(registrations: Known): Known;
}

/** A device as Snikket's form of Push 2.0 names it. */
export interface ApnsDevice {
	token: string;
	voipToken?: string;
	topic: string;
	sandbox: boolean;
}

/** What of an app is asked here. @property topic, sandbox APNs: what Snikket's form names it by */
export type UnregisteredApp = App & { topic?: string; sandbox?: boolean };

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
	apps: readonly UnregisteredApp[];
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
	/** When each device was said to be dead. */
	const dead = createRecent<number>(KEPT);
	/**
	 * When each node was last delivered to: those prove something when many are said to be gone
	 * (dead-token-verdicts.ts).
	 */
	const delivered = createRecent<number>(KEPT);
	/** Nodes whose token for calls is dead: theirs go to the other one. */
	const deadVoip = createRecent<number>(KEPT);

	function registrationOf(node: string): Registration | undefined {
		const [app, publisher, tokens] = partsOf(node);
		if (app === undefined || publisher === undefined || tokens === undefined) return undefined;
		const [token = "", voipToken] = isOfApns(app) ? tokens.split("&") : [tokens];
		const lastSuccessAt = delivered.get(node);
		return {
			node,
			app,
			device: token,
			token,
			...(voipToken && !deadVoip.get(node) && { voipToken }),
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

	const isOfApns = (name: string) => apps.some((app) => app.name === name && app.service === "apns");

	/** What its death is remembered by: whatever token for calls comes with it. */
	const deviceOf = (node: string) => {
		const [app = "", , tokens = ""] = partsOf(node);
		const voipAt = isOfApns(app) ? tokens.indexOf("&") : -1;
		return voipAt === -1 ? node : node.slice(0, voipAt - tokens.length);
	};

	/** @param app whose device it is */
	function admitTo(
		app: string,
		device: { token: string; voipToken?: string },
		publisher: string | undefined,
	): { node: string } | Answer {
		const service = services.get(app);
		if (!service) return { kind: "unknown", reason: "no such push module" };
		// A colon ends the domain in the node: an IPv6 literal is nobody's XMPP domain.
		if (publisher === undefined || publisher.includes(":") || !mayPublish(publisher)) {
			return NOT_SERVED;
		}
		let tokens: string;
		try {
			// In the one spelling that its push service takes, and that the token is remembered by.
			const { token, voipToken } = service.parseDevice(device);
			tokens = voipToken === undefined ? token : `${token}&${voipToken}`;
		} catch (error) {
			if (!(error instanceof InvalidDevice)) throw error;
			return { kind: "unknown", reason: "no token of this push service" };
		}
		const node = `${PREFIX}${app}:${publisher}:${tokens}`;
		const deadAt = dead.get(deviceOf(node));
		if (deadAt !== undefined && now() - deadAt < REMEMBERED_MS)
			return { kind: "unknown", reason: "dead token" };
		if (badTokens.wait(publisher) > 0)
			return waitAnswer("too many tokens from this domain were bad within the hour");
		if (publishes.take(publisher) > 0) return waitAnswer("too many publishes from this domain");
		return { node };
	}

	return {
		admit({ module, token, publisher }) {
			const app = appOf.get(module) ?? appOf.get(module.trim());
			if (app === undefined) return { kind: "unknown", reason: "no such push module" };
			return admitTo(app, { token }, publisher);
		},

		admitApns({ topic, sandbox, ...device }, publisher) {
			const isIts = (app: UnregisteredApp) =>
				app.service === "apns" && app.topic === topic && (app.sandbox ?? false) === sandbox;
			const app = apps.find(isIts);
			if (!app) return { kind: "unknown", reason: "no app here has this topic" };
			return admitTo(app.name, device, publisher);
		},

		beside: (registrations) => ({
			find: (node) => (isModuleNode(node) ? Promise.resolve(registrationOf(node)) : registrations.find(node)),
			findAtPrimary: async (node) =>
				isModuleNode(node) ? registrationOf(node) : registrations.findAtPrimary(node),
			async forget(node, ...condition) {
				if (!isModuleNode(node)) return registrations.forget(node, ...condition);
				dead.set(deviceOf(node), now());
				delivered.delete(node);
				const [, publisher = ""] = partsOf(node);
				badTokens.take(publisher);
				return true;
			},
			rename: registrations.rename,
			remove: registrations.remove,
			async forgetVoip(node, ...condition) {
				if (!isModuleNode(node)) return registrations.forgetVoip(node, ...condition);
				deadVoip.set(node, now());
				const [, publisher = ""] = partsOf(node);
				badTokens.take(publisher);
				return true;
			},
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
