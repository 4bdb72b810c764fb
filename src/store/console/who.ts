/** Who is barred, or searched for: an owner by its bare JID, or all owners of a domain. */
import { and, inArray, ne, type SQL, sql } from "drizzle-orm";
import { registrationBounds } from "../../limits/bounds/registrations.ts";
import { bytesOf } from "../../limits/text-length.ts";
import { toALabels } from "../../syntax/domain-name.ts";
import { isWrittenBareJid, withULabels } from "../../syntax/jid-syntax.ts";
import { registrations } from "../schema.ts";

/** The domain of a registration's owner: as the index has it, to the letter (schema.ts). */
export const ownersDomain = sql<string>`substr(${registrations.owner}, instr(${registrations.owner}, '@') + 1)`;
/** Of those that have an owner, which that index has. */
export const hasOwner = ne(registrations.owner, sql.raw("''"));

const domainOfOwner = (owner: string) => owner.slice(owner.indexOf("@") + 1);

/** By what an owner may be barred: its address and its domain, as {@link whoOf} returns them. */
export function whosOf(owner: string): string[] {
	// Its server may call itself by A-labels, and by that name it is the same server.
	const who = /(^|[.@])xn--/.test(owner) ? withULabels(owner) : owner;
	return [who, domainOfOwner(who)];
}

/** The condition that a registration is one of an owner's, or of a domain's. @param who as {@link whoOf} returned it */
export const isOfWho = (who: string): SQL | undefined =>
	who.includes("@")
		? inArray(registrations.owner, spellingsOf(who))
		: and(hasOwner, inArray(ownersDomain, spellingsOf(who)));

/** As servers write it: most with U-labels, and some with A-labels. */
function spellingsOf(who: string): string[] {
	const at = who.indexOf("@") + 1;
	return [...new Set([who, who.slice(0, at) + toALabels(who.slice(at))])];
}

/**
 * Reads whom an operator means.
 * @returns the spelling that is stored and compared; undefined: it is neither a bare JID nor a domain
 */
export function whoOf(written: string): { who: string; kind: "person" | "domain" } | undefined {
	const text = written.trim().toLowerCase();
	if (bytesOf(text) > registrationBounds.jid.is || !isWrittenBareJid(text)) return undefined;
	return { who: withULabels(text), kind: text.includes("@") ? "person" : "domain" };
}
