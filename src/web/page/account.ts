/** What a person types: their XMPP address, and where their server is. */
import { isWrittenBareJid } from "../../syntax/jid-syntax.ts";

/** A bare JID with a local part, without the blanks around it and without `xmpp:` before it. */
export function readAccount(typed: string): { jid: string; domain: string } | undefined {
	const jid = typed.trim().replace(/^xmpp:/i, "");
	const at = jid.indexOf("@");
	if (at < 1 || !isWrittenBareJid(jid)) return;
	return { jid, domain: jid.slice(at + 1).toLowerCase() };
}

/** @param https whether the page itself is https: browsers let it open `wss:` only */
export function readService(typed: string, https: boolean): string | undefined {
	const text = typed.trim();
	if (!URL.canParse(text)) return;
	const { protocol, href } = new URL(text);
	return protocol === "wss:" || (protocol === "ws:" && !https) ? href : undefined;
}
