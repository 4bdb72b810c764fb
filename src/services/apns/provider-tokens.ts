/**
 * Provider tokens: how Apple knows which team is sending, where no certificate says so.
 *
 * Apple counts the tokens of a team, not of an app: who changes them more than once in 20 minutes is refused, and
 * one older than an hour is too. So one of these is made per key and shared by every app of its team.
 * Source: Apple, "Establishing a token-based connection to APNs".
 */
import { SignJWT } from "jose/jwt/sign";
import { importPKCS8 } from "jose/key/import";
import { pemLines } from "../../syntax/pem.ts";

/** The tokens of one team. */
export interface ProviderTokens {
	/** The `authorization` header; the same for some 45 minutes. */
	authorization(): Promise<string>;
	/**
	 * Apple called a header's token expired.
	 * @param header the one that was sent
	 * @returns another one; undefined if there is none yet that Apple would take, since a new one may be made only
	 *   every 20 minutes
	 */
	renewed(header: string): Promise<string | undefined>;
}

/** Between the 20 minutes before which Apple takes no other, and the 60 after which it does not take this one. */
const KEEP_MS = 45 * 60 * 1000;
const FLOOR_MS = 20 * 60 * 1000;

/**
 * Reads an APNs key.
 * @param text the `.p8` file that Apple gives out once: a PKCS#8 PEM
 * @throws {Error} with a sentence for the operator, which never quotes the key
 */
export async function importApnsKey(text: string): Promise<CryptoKey> {
	try {
		return await importPKCS8(pemLines(text), "ES256");
	} catch {
		throw new Error(
			"The APNs key is not a P-256 private key in PKCS#8: it is the text of the .p8 file, from BEGIN PRIVATE KEY on, or a path that begins / or ./ (not in JSON).",
		);
	}
}

/**
 * Signs for one team.
 * @param options.key from {@link importApnsKey}
 * @param options.keyId Apple's name for the key, ten characters
 * @param options.teamId Apple's name for the team, ten characters
 */
export function createProviderTokens(options: {
	key: CryptoKey;
	keyId: string;
	teamId: string;
	now: () => number;
}): ProviderTokens {
	const { key, keyId, teamId, now } = options;
	let current: { header: Promise<string>; madeAt: number } | undefined;

	async function sign(at: number): Promise<string> {
		const jwt = await new SignJWT()
			.setProtectedHeader({ alg: "ES256", kid: keyId })
			.setIssuer(teamId)
			.setIssuedAt(Math.floor(at / 1000))
			.sign(key);
		return `bearer ${jwt}`;
	}

	/** Kept as a promise, so that pushes sent at the same moment wait for one signature. */
	function mint(at: number): Promise<string> {
		const made = { header: sign(at), madeAt: at };
		current = made;
		made.header.catch(() => {
			if (current === made) current = undefined;
		});
		return made.header;
	}

	return {
		async authorization() {
			const at = now();
			// Also made anew when the clock was set back: what we hold would come from the future.
			const fresh = current && at >= current.madeAt && at < current.madeAt + KEEP_MS;
			return fresh && current ? current.header : mint(at);
		},

		async renewed(header) {
			const held = current;
			if (held && (await held.header) !== header) return held.header;
			// Somebody who waited for the same answer was first.
			if (held !== current) return current?.header;
			const at = now();
			if (held && at >= held.madeAt && at < held.madeAt + FLOOR_MS) return undefined;
			return mint(at);
		},
	};
}
