/**
 * The one spelling of a bare JID that somebody wrote (RFC 7622): the local part by the profile UsernameCaseMapped of
 * RFC 8265, the domain in U-labels. Servers that go by the older Nodeprep (RFC 6122), as Prosody does, spell some
 * names otherwise: such a name is refused, so that nobody else's is meant.
 */
import { bytesOf } from "../limits/text-length.ts";
import { toULabels } from "./domain-name.ts";
import { isDomainPart, isWrittenBareJid } from "./jid-syntax.ts";

/** RFC 8265 §3.3.2: fullwidth and halfwidth forms become what they stand for. */
const WIDTHS = /[\uff01-\uffee]/gu;

/** RFC 8264 §4.2.2 and §9: letters, digits and their marks, and what is visible of ASCII. */
const VALID = /^[\p{Ll}\p{Lu}\p{Lo}\p{Lm}\p{Mn}\p{Mc}\p{Nd}\u0021-\u007e]+$/u;

/** What of these RFC 8264 §9 takes out, and what is valid beside some neighbours alone. */
const REFUSED =
	/[\u0640\u07fa\u302e\u302f\u3031-\u3035\u303b\u0660-\u0669\u06f0-\u06f9\u1100-\u11ff\ua960-\ua97c\ud7b0-\ud7fb\p{Default_Ignorable_Code_Point}]/u;

const RIGHT_TO_LEFT =
	/[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}\p{Script=Adlam}]/u;

/**
 * What Unicode maps as it did when Nodeprep was made (3.2). Letters that got another case since, and ideographs that stand
 * for another one since, are somebody else's name at a server that goes by Nodeprep.
 */
const MAPPED_EVER_SINCE =
	/^[\u0300-\u034e\u0021-\u007e\u00c0-\u0233\u0386-\u03ce\u0400-\u045f\u048a-\u04bf\u04d0-\u04f5\u0531-\u0587\u05b0-\u05ea\u1e00-\u1ef9\u1f00-\u1fff\u3041-\u30ff\uff01-\uffee]+$/;

/**
 * @param text of any length
 * @returns undefined: it is no bare JID of an account, or none that is spelt the same everywhere
 */
export function preparedBareJid(text: string): string | undefined {
	if (text.length > LONGEST || !text.isWellFormed()) return undefined;
	const at = text.indexOf("@");
	const written = text.slice(at + 1).replace(/\.$/, "");
	// As a URL's host it would end at whatever stands for a slash.
	if (at < 1 || !isDomainPart(written.normalize("NFKC"))) return undefined;
	const local = preparedLocalPart(text.slice(0, at));
	const domain = toULabels(written);
	const jid = `${local}@${domain}`;
	// What is no host stays as it was written, and may have another spelling.
	const isOneSpelling = domain !== "" && domain.normalize("NFKC") === domain;
	return local !== undefined && isOneSpelling && isWrittenBareJid(jid) ? jid : undefined;
}

/** Of each of the two parts 1023 bytes (RFC 7622 §3.1), and the mark between them. */
const LONGEST = 2 * 1023 + 1;

function preparedLocalPart(text: string): string | undefined {
	const mapped = text
		.replace(WIDTHS, (form) => form.normalize("NFKC"))
		.toLowerCase()
		.normalize("NFC");
	const folded = text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
	const isValid =
		bytesOf(mapped) <= 1023 &&
		(mapped === folded || MAPPED_EVER_SINCE.test(text)) &&
		VALID.test(mapped) &&
		!REFUSED.test(mapped) &&
		// RFC 8264 §9.17: what stands for something else.
		mapped.normalize("NFKC") === mapped &&
		[...mapped].every(hasOneCase) &&
		hasOneDirection(mapped);
	return isValid ? mapped : undefined;
}

/** Nodeprep folds cases where RFC 8265 maps to lower case: `ß` is `ss` there, and `ς` is `σ`. */
const hasOneCase = (character: string) => character.toUpperCase().toLowerCase() === character;

/** Stricter than RFC 5893 §2: with a letter that is written from right to left all are, and it comes first. */
function hasOneDirection(text: string): boolean {
	if (!RIGHT_TO_LEFT.test(text)) return true;
	const letters = text.match(/\p{L}/gu) ?? [];
	const [first = ""] = text;
	return RIGHT_TO_LEFT.test(first) && letters.every((letter) => RIGHT_TO_LEFT.test(letter));
}
