/** The pubsub host that takes an account's publishes in, where there is one (XMPP_PUBSUB_HOST). */
import xml from "@xmpp/xml";
import { settingOf, type XmppAccount } from "../../../../config/connections.ts";
import { NS } from "../../../../xmpp/namespaces.ts";
import type { Requests } from "../../../../xmpp/requests.ts";
import { bad, type Finding, ok, reasonOf, timed } from "../finding.ts";

const WHAT = "Pubsub host";

/** Asks it who it is (XEP-0060 §5.1). @returns nothing where publishes come to the address itself */
export async function lookAtPubsubHost(account: XmppAccount, ask: Requests["ask"]): Promise<Finding[]> {
	const { pubsubHost } = account;
	if (pubsubHost === undefined) return [];
	const setting = settingOf(account, "pubsub_host");
	try {
		const { value: answer, ms } = await timed(ask("get", pubsubHost, xml("query", { xmlns: NS.discoInfo })));
		const identities = answer?.getChild("query", NS.discoInfo)?.getChildren("identity") ?? [];
		if (identities.some(({ attrs }) => attrs.category === "pubsub" && attrs.type === "service")) {
			return [ok(WHAT, `${pubsubHost} is a pubsub service, and answers.`, ms)];
		}
		const text = `${pubsubHost} answers, and is no pubsub service: users' servers cannot publish there.`;
		return [bad(WHAT, text, `set ${setting} to a pubsub service, or remove it`)];
	} catch (error) {
		const text = `${pubsubHost} does not answer (${reasonOf(error)}): nodes cannot be made there, and nobody can register.`;
		return [bad(WHAT, text, `correct ${setting}, or turn the pubsub service on at its server`)];
	}
}
