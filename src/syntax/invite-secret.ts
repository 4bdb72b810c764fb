/**
 * The two secrets of an invite: one in a link, and a code that people type. Both are read as people hand them on, with
 * blanks around, and the code in any case and grouping.
 */

import { registrationBounds } from "../limits/bounds/registrations.ts";

/** 16 random bytes, base64url. */
const LINK = /^[A-Za-z0-9_-]{22}$/;

/** Crockford's base32: no letter looks like a digit or like another. */
const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const CODE = new RegExp(`^[${ALPHABET}]{12}$`);

export interface InviteSecret {
	kind: "link" | "code";
	/** As it was made. */
	secret: string;
}

/** @returns undefined: it has the form of neither */
export function readInviteSecret(typed: string): InviteSecret | undefined {
	if (typed.length > registrationBounds.inviteTyped.is) return undefined;
	const text = typed.trim();
	if (LINK.test(text)) return { kind: "link", secret: text };
	const code = text.toUpperCase().replace(/[\s-]/g, "").replaceAll("O", "0").replace(/[IL]/g, "1");
	return CODE.test(code) ? { kind: "code", secret: code } : undefined;
}

/** In groups of four, as it is shown. */
export const shownCode = (code: string) => code.replace(/(.{4})(?=.)/g, "$1-");

/** @param bytes 12 random ones: five bits of each are used */
export const codeOf = (bytes: Uint8Array) => [...bytes].map((byte) => ALPHABET[byte & 31]).join("");
