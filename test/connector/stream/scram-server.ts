/**
 * The server's half of SCRAM (RFC 5802 §3), written apart from the client's and on other functions: with it a double
 * logs clients in, and lies to them.
 */
import { createHash, createHmac, pbkdf2Sync } from "node:crypto";

export interface ScramServer {
	/** Something else that was sent as the challenge: what follows is about that. */
	said(challenge: string): void;
	/** @param clientFirst what came in `<auth/>` @returns what goes into `<challenge/>` */
	challenge(clientFirst: string): string;
	/**
	 * @param clientFinal what came in `<response/>`
	 * @returns what goes into `<success/>`; undefined: the client does not know the password
	 */
	success(clientFinal: string): string | undefined;
}

const BYTES = { sha1: 20, sha256: 32, sha512: 64 };
const HASH_OF: Readonly<Record<string, keyof typeof BYTES>> = {
	"SCRAM-SHA-1": "sha1",
	"SCRAM-SHA-256": "sha256",
	"SCRAM-SHA-512": "sha512",
};

export interface ScramServerOptions {
	mechanism: string;
	/** In the form that SASLprep gives it. */
	password: string;
	salt?: Buffer;
	iterations?: number;
	/** What the server adds to the client's nonce. */
	nonce?: string;
}

export function createScramServer(options: ScramServerOptions): ScramServer {
	const {
		mechanism,
		password,
		salt = Buffer.from("some salt"),
		iterations = 4096,
		nonce = "server",
	} = options;
	const hash = HASH_OF[mechanism];
	if (!hash) throw new Error(`no SCRAM: ${mechanism}`);
	const hmac = (key: Buffer, text: string) => createHmac(hash, key).update(text).digest();
	let clientFirst = "";
	let serverFirst = "";
	return {
		challenge(text) {
			// Without the header that says that there is no channel binding.
			clientFirst = text.slice("n,,".length);
			const clientNonce = /,r=([^,]+)/.exec(clientFirst)?.[1];
			serverFirst = `r=${clientNonce}${nonce},s=${salt.toString("base64")},i=${iterations}`;
			return serverFirst;
		},
		said(challenge) {
			serverFirst = challenge;
		},
		success(text) {
			const [, bare = "", proof = ""] = /^(.*),p=([^,]+)$/.exec(text) ?? [];
			const salted = pbkdf2Sync(password, salt, iterations, BYTES[hash], hash);
			const clientKey = hmac(salted, "Client Key");
			const storedKey = createHash(hash).update(clientKey).digest();
			const exchange = `${clientFirst},${serverFirst},${bare}`;
			const signature = hmac(storedKey, exchange);
			const shown = Buffer.from(proof, "base64").map((byte, at) => byte ^ (signature[at] ?? 0));
			if (!clientKey.equals(shown)) return undefined;
			return `v=${hmac(hmac(salted, "Server Key"), exchange).toString("base64")}`;
		},
	};
}
