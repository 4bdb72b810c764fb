/**
 * SASLprep (RFC 4013): the one form of a user name or a password that can be typed in several ways. Servers prepare
 * what is registered, so that what is not prepared is another password.
 */
import { type Credentials, SaslError } from "./mechanism.ts";
import { LEFT_TO_RIGHT, RIGHT_TO_LEFT } from "./text-direction.ts";

/** RFC 3454 C.1.2, which become a space. The zero width space is also in B.1: the first mapping of RFC 4013 wins. */
const SPACES = /[\u00a0\u1680\u2000-\u200b\u202f\u205f\u3000]/gu;
/** RFC 3454 B.1, which become nothing. */
const NOTHING = /\u00ad|\u034f|\u1806|[\u180b-\u180d]|\u200c|\u200d|\u2060|[\ufe00-\ufe0f]|\ufeff/gu;
/** RFC 3454 C.2 to C.9: what of them the steps before can leave. */
const PROHIBITED =
	/[\p{Cc}\p{Cs}\p{Co}\p{Noncharacter_Code_Point}\u06dd\u070f\u180e\u200e\u200f\u2028-\u202e\u2061-\u2063\u206a-\u206f\u2ff0-\u2ffb\ufff9-\ufffd\u{1d173}-\u{1d17a}\u{e0001}\u{e0020}-\u{e007f}]/u;

/**
 * Prepares a text as a query (RFC 3454 §7): characters that came after Unicode 3.2 are left as they are, since some
 * servers register them.
 * @returns undefined: it has a character that is prohibited, or mixes directions of writing
 */
export function saslprep(text: string): string | undefined {
	const prepared = text.replace(SPACES, " ").replace(NOTHING, "").normalize("NFKC");
	return PROHIBITED.test(prepared) || mixesDirections(prepared) ? undefined : prepared;
}

/** RFC 3454 §6: with a letter that is written from right to left, all are, and the first and last characters are such. */
function mixesDirections(text: string): boolean {
	if (!RIGHT_TO_LEFT.test(text)) return false;
	const characters = [...text];
	const ends = [characters.at(0) ?? "", characters.at(-1) ?? ""];
	return LEFT_TO_RIGHT.test(text) || !ends.every((end) => RIGHT_TO_LEFT.test(end));
}

/**
 * Prepares both, for a mechanism in which the password is hashed.
 * @throws {SaslError} where no server could have it, or nothing is left of it
 */
export function prepared({ username, password }: Credentials): Credentials {
	return { username: preparedName(username), password: saslprep(password) || impossible("password") };
}

/** @throws {SaslError} as `prepared` */
export const preparedName = (username: string) => saslprep(username) || impossible("username");

export function impossible(which: "username" | "password"): never {
	const name = which === "username" ? "user name" : "password";
	throw new SaslError(
		which,
		`No XMPP server can have this ${name} (RFC 4013): it is empty, has a character that is not allowed, or mixes letters that are written from left to right and from right to left.`,
	);
}
