/**
 * XEP-0355: a server hands requests of its users on to us, by their namespace, and our answers back to them. Which
 * requests those are is each dialect's (commands/fluux.ts).
 */
import xml, { type Element } from "@xmpp/xml";
import { stanzaBounds } from "../limits/bounds/stanzas.ts";
import { createPerTurn } from "../limits/per-turn.ts";
import { errorOf, nextTimer } from "./commands/answering.ts";
import { type Call, CommandError } from "./commands/command.ts";
import { fluux } from "./commands/fluux.ts";
import type { Registrar } from "./commands/registrar.ts";
import { bareOf, domainOf, isBareJid, resourceOf } from "./jid.ts";
import { NS } from "./namespaces.ts";
import { stanzaError } from "./stanza-errors.ts";

export interface DelegationDeps {
	/** Of whom we serve the requests: XMPP_ENABLE_FOR. */
	domains: readonly string[];
	registrar: Registrar;
	/** Told of what is our own failure. */
	onFault(error: unknown, from: string): void;
	/** Resolves in the next turn of the event loop; default: with the next timer. */
	turn?: () => Promise<void>;
}

export interface Delegation {
	/**
	 * The features that a server shows for us, where it asks for those of a namespace (XEP-0355 §7.2).
	 * @returns undefined: that is not what was asked
	 */
	disco(node: string | undefined, from: string): Element | undefined;
	/**
	 * The answer to `<delegation/>`, with the answer to the user's request in it. Never throws.
	 * @returns an `<error/>`, or the payload of a result
	 */
	answer(delegation: Element, from: string, to: string): Promise<Element>;
}

const ALL: ReadonlyMap<string, typeof fluux> = new Map(
	fluux.namespaces.map((namespace) => [namespace, fluux]),
);

/** Of a server, and of the accounts there. */
const PREFIXES = [`${NS.delegation}::`, `${NS.delegation}:bare:`];

export function createDelegation(deps: DelegationDeps): Delegation {
	const { domains, registrar, onFault, turn = nextTimer } = deps;
	const perTurn = createPerTurn(stanzaBounds.commandsPerTurn.is, turn);

	/** @returns an `<error/>`, the payload of a result, or undefined for an empty result */
	async function serve(iq: Element, to: string): Promise<Element | undefined> {
		const from = String(iq.attrs.from);
		const [request, ...more] = iq.getChildElements();
		const dialect = ALL.get(request?.getNS() ?? "");
		if (!request || more.length > 0 || !dialect?.isServed(registrar))
			return stanzaError("cancel", "service-unavailable");
		const call: Call = { owner: bareOf(from), resource: resourceOf(from), to, form: new Map(), registrar };
		try {
			await perTurn();
			return await dialect.answer(String(iq.attrs.type), request, call);
		} catch (error) {
			if (error instanceof CommandError) return errorOf(error);
			onFault(error, from);
			return stanzaError("wait", "internal-server-error", "This cannot be done now. Try again later.");
		}
	}

	return {
		disco(node, from) {
			const prefix = PREFIXES.find((one) => node?.startsWith(one));
			if (node === undefined || prefix === undefined) return undefined;
			const namespace = node.slice(prefix.length);
			const isServed = ALL.get(namespace)?.isServed(registrar) && domains.includes(from);
			if (!isServed) return stanzaError("cancel", "item-not-found");
			return xml("query", { xmlns: NS.discoInfo, node }, xml("feature", { var: namespace }));
		},

		async answer(delegation, from, to) {
			const iq = delegation.getChild("forwarded", NS.forward)?.getChild("iq", NS.client);
			const why = refusalOf(iq, from, domains);
			// As all that a server sends and that is not served: no other error is safe to be taken for a publish's.
			if (!iq || why !== undefined) return stanzaError("wait", "bad-request", why);
			const { id, from: user } = iq.attrs;
			const payload = await serve(iq, to);
			const isError = payload?.is("error") ?? false;
			const answer = xml("iq", {
				xmlns: NS.client,
				type: isError ? "error" : "result",
				id,
				to: user,
				from: iq.attrs.to ?? bareOf(user),
			});
			if (payload) answer.append(payload);
			return xml("delegation", { xmlns: NS.delegation }, xml("forwarded", { xmlns: NS.forward }, answer));
		},
	};
}

/** Whose request it is: a server speaks for its own users, and a user for no other. @returns undefined: it is served */
function refusalOf(iq: Element | undefined, from: string, domains: readonly string[]): string | undefined {
	if (!domains.includes(from)) return "nothing of this kind is served here";
	const { from: user, to, id, type } = iq?.attrs ?? {};
	const isRequest = (type === "get" || type === "set") && isWithin(id, stanzaBounds.id.is);
	const isUsers =
		isWithin(user, stanzaBounds.address.is) && isBareJid(bareOf(user)) && domainOf(user) === from;
	// Letters have cases today that they had not for Nodeprep, by which servers spell: push would be another account's.
	if (isUsers && user.split("/", 1)[0] !== bareOf(user))
		return "the name of this account is not spelt alike everywhere";
	if (!isRequest || !isUsers) return "the request in it must be of a user of yours (XEP-0355)";
	// A request to another user's address comes here too.
	const isOwn = to === undefined || (typeof to === "string" && [bareOf(user), from].includes(bareOf(to)));
	return isOwn ? undefined : "the request in it is to another user";
}

const isWithin = (text: unknown, longest: number): text is string =>
	typeof text === "string" && text !== "" && text.length <= longest;
