/**
 * Whether a registration token works: it is the process's own, or one of the database's. Those of the database are
 * kept for a while, so that requests do not wait for it, and strangers who try tokens out do not keep it busy.
 */
import { registrationBounds } from "../../limits/bounds/registrations.ts";
import { isSameText } from "../../secrets.ts";
import { hashOfToken, type LivingToken, type RegistrationTokens } from "../../store/registration-tokens.ts";

const KNOWN_MS = registrationBounds.tokensKnown.is * 1000;
const KEPT_MS = registrationBounds.tokensKept.is * 1000;
const PAUSE_MS = registrationBounds.tokenReads.is * 1000;

/** @returns whether the token works @throws when the database would have to say so, and does not answer */
export type TokenCheck = (token: string) => Promise<boolean>;

export interface TokenCheckDeps {
	/** The process's own tokens: REGISTRATION_TOKEN. They work also while the database does not answer. */
	own: readonly string[];
	/** The database's. */
	tokens: Pick<RegistrationTokens, "living">;
	now?: () => number;
}

export function createTokenCheck({ own, tokens, now = Date.now }: TokenCheckDeps): TokenCheck {
	const ownHashes = Promise.all(own.map(hashOfToken));
	let known: readonly LivingToken[] = [];
	let readAt = Number.NEGATIVE_INFINITY;
	let askedAt = Number.NEGATIVE_INFINITY;
	/** Why the last reading came to nothing. */
	let failed: { at: number; error: unknown } | undefined;

	/** Nobody waits for another request's reading: at an edge that one may never come back. */
	async function read(): Promise<void> {
		const at = now();
		askedAt = at;
		const read = await tokens.living().catch((error: unknown) => {
			failed = { at: now(), error };
			throw error;
		});
		failed = undefined;
		if (at < readAt) return;
		readAt = at;
		known = read;
	}

	const isKnown = (hash: string) => {
		const at = now();
		return isOneOf(
			hash,
			known.filter(({ endsAt }) => endsAt === null || endsAt > at).map((token) => token.hash),
		);
	};

	return async (token) => {
		const hash = await hashOfToken(token);
		if (isOneOf(hash, await ownHashes)) return true;
		const works = isKnown(hash);
		// From here to the reading nothing is awaited: of many requests one reads.
		const at = now();
		const isDue = at - readAt >= KNOWN_MS || !works;
		const rests = failed !== undefined && at - failed.at < PAUSE_MS;
		if (at - readAt < KEPT_MS && (rests || !(isDue && at - askedAt >= PAUSE_MS))) return works;
		if (rests) throw failed?.error;
		await read();
		return isKnown(hash);
	};
}

/** Compares with all of them, each in constant time. */
const isOneOf = (hash: string, hashes: readonly string[]): boolean =>
	hashes.filter((one) => isSameText(hash, one)).length > 0;
