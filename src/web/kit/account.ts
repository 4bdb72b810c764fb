/** An account, over whatever connection it is logged in with: a browser is registered for it, and push enabled. */
import { type Element, xml } from "../../syntax/xml.ts";
import { Fault } from "./fault.ts";
import { formElement } from "./forms.ts";
import { type IqCaller, NoAnswer, StanzaFailure } from "./iq-caller.ts";
import type { Session } from "./kit.ts";
import { NS } from "./namespaces.ts";
import { reasonOf } from "./reason.ts";
import { type Reveille, reveilleAt } from "./reveille.ts";
import { StreamEnded } from "./stream-ended.ts";

/** What a session does that a site's own connection can do as well. */
export interface Account
	extends Pick<Session, "domain" | "features" | "registerBrowser" | "end" | "enable" | "disable"> {
	/** @param address Reveille's JID */
	reveille(address: string): Reveille;
}

/** @param account a bare JID with a local part */
export const domainOf = (account: string) => account.slice(account.indexOf("@") + 1);

/** @param account its bare JID */
export function accountOver(account: string, iq: IqCaller): Account {
	const domain = domainOf(account);
	const reveille: Account["reveille"] = (address) => reveilleAt(address, domain, iq);

	/** Asks the account's own server. @throws {Fault} {StanzaFailure} */
	async function ask(type: "get" | "set", child: Element, to?: string): Promise<Element> {
		try {
			return await iq.request(type, child, to);
		} catch (error) {
			const isLost = error instanceof StreamEnded || error instanceof NoAnswer;
			throw isLost ? new Fault({ kind: "disconnected", domain }) : error;
		}
	}

	/** XEP-0030. A server that does not tell has nothing that is asked for. */
	async function featuresOf(to: string): Promise<readonly string[]> {
		try {
			const answer = await ask("get", xml("query", { xmlns: NS.discoInfo }), to);
			const features = answer.getChild("query", NS.discoInfo)?.getChildren("feature") ?? [];
			return features.map(({ attrs }) => attrs.var);
		} catch (error) {
			if (error instanceof StanzaFailure) return [];
			throw error;
		}
	}

	return {
		domain,
		reveille,

		async features() {
			const features = (await Promise.all([account, domain].map(featuresOf))).flat();
			const has = (...wanted: string[]) => wanted.every((feature) => features.includes(feature));
			return { push: has(NS.push), encrypts: has(NS.pushEncrypt, NS.pushEncryptAes) };
		},

		registerBrowser(address, { subscription, name, deviceId, classes = [], declarative, invite }) {
			const { endpoint: token, keys } = subscription;
			return reveille(address).register("webpush", {
				token,
				p256dh: keys.p256dh,
				auth: keys.auth,
				"device-id": deviceId,
				"device-name": name,
				classes,
				...declarative,
				...(invite !== undefined && { invite }),
			});
		},

		end: (address, node) => reveille(address).end(node),

		async enable({ jid, node, secret }, contentKey) {
			const options = secret === undefined ? [] : [formElement({ secret }, NS.publishOptions)];
			const encrypt = contentKey === undefined ? [] : [encryptElement(contentKey)];
			try {
				await ask("set", xml("enable", { xmlns: NS.push, jid, node }, ...options, ...encrypt));
			} catch (error) {
				throw error instanceof StanzaFailure ? refused(error, domain) : error;
			}
		},

		async disable(jid, node) {
			try {
				await ask("set", xml("disable", { xmlns: NS.push, jid, node }));
			} catch (error) {
				if (!(error instanceof StanzaFailure)) throw error;
				// What it does not have is disabled.
				if (error.condition !== "item-not-found") throw refused(error, domain);
			}
		},
	};
}

const encryptElement = (key: string) => xml("encrypt", { xmlns: NS.pushEncrypt, alg: "aes-128-gcm" }, key);

/** Of a server that was asked for push. */
function refused(failure: StanzaFailure, domain: string): Fault {
	const hasNone = ["feature-not-implemented", "service-unavailable"].includes(failure.condition);
	return hasNone
		? new Fault({ kind: "no-push", domain })
		: new Fault({ kind: "enable-refused", domain, reason: reasonOf(failure) });
}
