/**
 * Secrets are derived, not stored: `node` = key id ‖ 128 random bits, `secret` = HMAC-SHA-256(key, node).
 * A stolen database holds nodes but no secret, so nobody can publish with it. The key id in the node says
 * which key to verify with, so that old keys stay good for verification after a change of SECRET_KEY.
 */
import { base64url } from "jose";

const KEY_ID_BYTES = 4;
const RANDOM_BYTES = 16;
const SECRET_BYTES = 32;

/** `unknown-key`: the node names a key this process was not given, so nothing can be said about the secret. */
export type Verdict = "ok" | "wrong" | "unknown-key";

export interface Keyring {
	/** A fingerprint of the current key; the database keeps it, so that a wrong key is noticed at start. */
	readonly fingerprint: string;
	readonly oldFingerprints: readonly string[];
	/** A new node of the current key: 27 characters of base64url. */
	createNode(): string;
	/**
	 * The secret of a node: 43 characters of base64url.
	 * @throws {UnknownKey} when the node was made with a key this process was not given
	 */
	secretOf(node: string): Promise<string>;
	/**
	 * A node that is its own credential, for dialects whose clients hand no secret on: the node, a dot, the secret.
	 * @throws {UnknownKey}
	 */
	openNode(node: string): Promise<string>;
	/** Checks a secret in constant time, before any lookup. */
	verify(node: string, secret: string): Promise<Verdict>;
	/** A keyed hash of something that is counted but must not be readable in the database; 22 characters. */
	conceal(text: string): Promise<string>;
}

/** Takes a node that is its own credential apart; undefined: it is none. */
export function splitOpenNode(openNode: string): { node: string; secret: string } | undefined {
	const [node = "", secret, ...more] = openNode.split(".");
	return secret === undefined || more.length > 0 ? undefined : { node, secret };
}

export class UnknownKey extends Error {
	override name = "UnknownKey";
}

/** Decodes base64url; undefined for anything that is not exactly its canonical form. */
function decode(text: string): Uint8Array | undefined {
	try {
		const bytes = base64url.decode(text);
		return base64url.encode(bytes) === text ? bytes : undefined;
	} catch {
		return undefined;
	}
}

interface Key {
	id: string;
	fingerprint: string;
	hmac: CryptoKey;
}

async function importKey(text: string): Promise<Key> {
	const bytes = new TextEncoder().encode(text);
	const hmac = await crypto.subtle.importKey("raw", bytes, { name: "HMAC", hash: "SHA-256" }, false, [
		"sign",
		"verify",
	]);
	// The id is public (it travels in every node), the fingerprint is not: two labels keep one from telling
	// anything of the other.
	const digest = async (label: string) =>
		new Uint8Array(await crypto.subtle.sign("HMAC", hmac, new TextEncoder().encode(label)));
	return {
		id: base64url.encode((await digest("reveille key id")).subarray(0, KEY_ID_BYTES)),
		fingerprint: base64url.encode((await digest("reveille fingerprint")).subarray(0, 16)),
		hmac,
	};
}

/**
 * @param secretKey the current key: any text of at least 32 characters (config.ts checks)
 * @param oldKeys keys that verify but no longer make nodes
 * @param random fills its argument with random bytes
 */
export async function createKeyring(
	secretKey: string,
	oldKeys: readonly string[] = [],
	random: (bytes: Uint8Array<ArrayBuffer>) => Uint8Array = (bytes) => crypto.getRandomValues(bytes),
): Promise<Keyring> {
	const current = await importKey(secretKey);
	const old = await Promise.all(oldKeys.map(importKey));
	const byId = new Map([...old, current].map((key) => [key.id, key]));

	const keyOf = (node: string): Key | undefined => {
		const bytes = decode(node);
		if (bytes?.length !== KEY_ID_BYTES + RANDOM_BYTES) return undefined;
		return byId.get(base64url.encode(bytes.subarray(0, KEY_ID_BYTES)));
	};

	const secretOf = async (node: string) => {
		const key = keyOf(node);
		if (!key) throw new UnknownKey("this registration was made with a key that is not configured");
		return base64url.encode(
			new Uint8Array(await crypto.subtle.sign("HMAC", key.hmac, new TextEncoder().encode(node))),
		);
	};

	return {
		fingerprint: current.fingerprint,
		oldFingerprints: old.map((key) => key.fingerprint),

		createNode() {
			const bytes = new Uint8Array(KEY_ID_BYTES + RANDOM_BYTES);
			bytes.set(base64url.decode(current.id));
			bytes.set(random(new Uint8Array(RANDOM_BYTES)), KEY_ID_BYTES);
			return base64url.encode(bytes);
		},

		secretOf,

		openNode: async (node) => `${node}.${await secretOf(node)}`,

		async verify(node, secret) {
			const nodeBytes = decode(node);
			// Not a node of ours at all: as wrong as a wrong secret, and it looks the same from outside.
			if (nodeBytes?.length !== KEY_ID_BYTES + RANDOM_BYTES) return "wrong";
			const key = byId.get(base64url.encode(nodeBytes.subarray(0, KEY_ID_BYTES)));
			if (!key) return "unknown-key";
			const bytes = decode(secret);
			if (bytes?.length !== SECRET_BYTES) return "wrong";
			const right = await crypto.subtle.verify(
				"HMAC",
				key.hmac,
				new Uint8Array(bytes),
				new TextEncoder().encode(node),
			);
			return right ? "ok" : "wrong";
		},

		async conceal(text) {
			const hash = await crypto.subtle.sign(
				"HMAC",
				current.hmac,
				new TextEncoder().encode(`conceal\0${text}`),
			);
			return base64url.encode(new Uint8Array(hash).subarray(0, 16));
		},
	};
}
