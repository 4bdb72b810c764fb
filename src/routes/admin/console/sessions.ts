/**
 * Sessions of the console. A session is a cookie that anybody may read and nobody can make: an id, its end, and an HMAC
 * over both. The key is derived from ADMIN_TOKEN and SECRET_KEY, so that a new one of either ends all sessions, and
 * every process of the same settings takes them. Nothing is kept but the ids of those that were signed out.
 */
import * as base64url from "jose/base64url";
import { consoleHttpBounds } from "../../../limits/bounds/console-http.ts";
import { isSameText } from "../../../secrets.ts";

const LASTS_S = consoleHttpBounds.sessionTime.is;
const MOST_SIGNED_OUT = consoleHttpBounds.signedOut.is;

export interface ConsoleSession {
	id: string;
	/** ms since the epoch. */
	endsAt: number;
	/** What a page sends with each change: another site's page does not know it. */
	formToken: string;
}

export interface Sessions {
	/** Whether this is the ADMIN_TOKEN, in constant time. */
	isToken(token: string): boolean;
	/** Begins a session. `cookie`: the cookie's value. */
	open(): Promise<{ session: ConsoleSession; cookie: string }>;
	/** The session of a cookie's value; undefined: it is none, it ended, or it was signed out. */
	read(cookie: string): Promise<ConsoleSession | undefined>;
	/** Signs out. */
	end(session: ConsoleSession): void;
}

/** 16 random bytes, the end in seconds, and the signature; each in its one spelling. */
const COOKIE = /^([\w-]{22})\.([1-9]\d{9,11})\.([\w-]{43})$/;

const encode = (text: string) => new TextEncoder().encode(text);

/** HKDF (RFC 5869). @returns signs with the key of this label */
async function signer(adminToken: string, secretKey: string, label: string) {
	const input = await crypto.subtle.importKey("raw", encode(adminToken), "HKDF", false, ["deriveKey"]);
	const key = await crypto.subtle.deriveKey(
		{ name: "HKDF", hash: "SHA-256", salt: encode(secretKey), info: encode(label) },
		input,
		{ name: "HMAC", hash: "SHA-256", length: 256 },
		false,
		["sign"],
	);
	return async (text: string) =>
		base64url.encode(new Uint8Array(await crypto.subtle.sign("HMAC", key, encode(text))));
}

/**
 * @param options.secretKey the current one: what all processes of a database share
 * @param options.now ms since the epoch
 */
export async function createSessions({
	adminToken,
	secretKey,
	now = Date.now,
	random = (bytes) => crypto.getRandomValues(bytes),
}: {
	adminToken: string;
	secretKey: string;
	now?: () => number;
	random?: (bytes: Uint8Array<ArrayBuffer>) => Uint8Array;
}): Promise<Sessions> {
	const sign = await signer(adminToken, secretKey, "reveille console session");
	const signForm = await signer(adminToken, secretKey, "reveille console form");
	/** By id: when it would have ended, ms. */
	const signedOut = new Map<string, number>();

	function forgetEnded() {
		for (const [id, endsAt] of signedOut) {
			// In the order of signing out, which need not be that of their ends.
			if (endsAt <= now()) signedOut.delete(id);
		}
		while (signedOut.size >= MOST_SIGNED_OUT) {
			const [first] = [...signedOut].reduce((one, other) => (other[1] < one[1] ? other : one));
			signedOut.delete(first);
		}
	}

	const sessionOf = async (id: string, endsAt: number): Promise<ConsoleSession> => ({
		id,
		endsAt,
		formToken: await signForm(id),
	});

	return {
		isToken: (token) => isSameText(token, adminToken),

		async open() {
			const id = base64url.encode(random(new Uint8Array(16)));
			const ends = Math.floor(now() / 1000) + LASTS_S;
			const signature = await sign(`${id}.${ends}`);
			return { session: await sessionOf(id, ends * 1000), cookie: `${id}.${ends}.${signature}` };
		},

		async read(cookie) {
			const [, id = "", ends = "", signature = ""] = COOKIE.exec(cookie) ?? [];
			if (id === "") return undefined;
			if (!isSameText(signature, await sign(`${id}.${ends}`))) return undefined;
			const endsAt = Number(ends) * 1000;
			// Later than any of ours: the clock was set back, and it would last too long.
			if (endsAt <= now() || endsAt > now() + (LASTS_S + 60) * 1000 || signedOut.has(id)) return undefined;
			return sessionOf(id, endsAt);
		},

		end({ id, endsAt }) {
			forgetEnded();
			signedOut.set(id, endsAt);
		},
	};
}
