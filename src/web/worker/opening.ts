/** What a tap on a notification opens: a chat in the operator's web app or in an XMPP app, or the page. */
import { PLACES } from "../../syntax/open-template.ts";

/** Where WEB_APP_OPEN is not known. */
const ANY_APP = "xmpp:{jid}";

/**
 * The chat with somebody.
 * @param template WEB_APP_OPEN
 * @param jid bare; undefined: not known
 * @returns an https or xmpp URL; undefined: there is none
 */
export function chatUrl(
	template: string = ANY_APP,
	{ jid, account }: { jid: string | undefined; account: string },
): string | undefined {
	const isXmpp = template.startsWith("xmpp:");
	if (jid === undefined && isXmpp) return undefined;
	const escaped = (text: string) => {
		const all = encodeURIComponent(text);
		// RFC 5122: the sign stands between the two parts of an address.
		return isXmpp ? all.replaceAll("%40", "@") : all;
	};
	const filled = template.replaceAll(PLACES, (place) => escaped(place === "{jid}" ? (jid ?? "") : account));
	if (!URL.canParse(filled)) return undefined;
	const url = new URL(filled);
	return url.protocol === "https:" || url.protocol === "xmpp:" ? url.href : undefined;
}

/** A device on the page. @param scope the page's own URL */
export const pageUrl = (scope: string, node: string | undefined): string =>
	node === undefined ? scope : `${scope}#/device/${encodeURIComponent(node)}`;
