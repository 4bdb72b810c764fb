/** Whom an invite is for, as operators write it. */
import { isWrittenBareJid, withULabels } from "./jid-syntax.ts";

/**
 * Whom an operator means an invite for.
 * @returns the spelling that is compared; undefined: it is neither an account nor a domain
 */
export function inviteeOf(who: string): string | undefined {
	const domain = who.slice(who.indexOf("@") + 1);
	// Stricter than JIDs are: what is typed wrong fits nobody.
	const isName = /^[\p{L}\p{N}.-]+$/u.test(domain) || domain.startsWith("[");
	return isName && isWrittenBareJid(who) ? withULabels(who.toLowerCase()) : undefined;
}
