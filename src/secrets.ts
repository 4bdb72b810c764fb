/**
 * Secrets are derived, not stored: `node` = key id ‖ 128 random bits, `secret` = HMAC-SHA-256(key, node).
 * A stolen database holds nodes but no secret, so nobody can publish with it. The key id in the node says
 * which key to verify with, so that old keys stay good for verification after a change of SECRET_KEY.
 *
 * A registration is known by the 128 bits: under another key it has another node, its twin, with another secret. What
 * is handed out is always of the current key, so that a device which renews leaves an old one
 * (store/registrations/key-change.ts).
 *
 * A registration that was imported from another app server keeps its node, which names no key: a foreign one. Its
 * secret names the key instead, and until that is first used the secret that the other server gave out is as good.
 *
 * That is the publish secret, which the owner's XMPP server has too. A device proves itself by its device secret, which
 * no server is given: another label, so that neither can be had from the other. It names its key, so that it does not
 * depend on the node's: a pubsub host keeps a node whose key is gone.
 */
import * as base64url from "jose/base64url";

const KEY_ID_BYTES = 4;
/** So many characters of base64url hold them. */
const ID_CHARACTERS = 6;
const RANDOM_BYTES = 16;
const SECRET_BYTES = 32;

/** `unknown-key`: the node names a key this process was not given, so nothing can be said about the secret. */
export type SecretCheck = "ok" | "wrong" | "unknown-key";

export interface Keyring {
	/** The keys' ids, 6 characters of base64url; the current one's first. They are public. */
	readonly ids: readonly [string, ...string[]];
	/** A fingerprint of the current key; the database keeps it, so that a wrong key is noticed at start. */
	readonly fingerprint: string;
	readonly oldFingerprints: readonly string[];
	/** A new node of the current key: 27 characters of base64url. */
	createNode(): string;
	/** The twin of a node under the current key; a foreign one is its own. */
	underCurrentKey(node: string): string;
	/** The node itself, or its twin under the current key if its own was not given. */
	usable(node: string): string;
	/**
	 * The secret of a node: 43 characters of base64url. A foreign one's is the current key's.
	 * @throws {UnknownKey} when the node was made with a key this process was not given
	 */
	secretOf(node: string): Promise<string>;
	/**
	 * A node that is its own credential, for dialects whose clients hand no secret on: the node, a dot, the secret.
	 * @throws {UnknownKey}
	 */
	openNode(node: string): Promise<string>;
	/** Checks a secret in constant time, before any lookup. */
	verify(node: string, secret: string): Promise<SecretCheck>;
	/** The device secret of a node, with the current key whatever the node's is: 43 characters of base64url. */
	deviceSecretOf(node: string): Promise<string>;
	/**
	 * Checks a device secret in constant time, before any lookup. A publish secret is `wrong`, and so is one that
	 * another app server gave out. `unknown-key`: it was made with a key that was given once, as far as that is known.
	 */
	verifyDevice(node: string, secret: string): Promise<SecretCheck>;
	/**
	 * The secret in the URL of a UnifiedPush endpoint, with the key of its node: 43 characters of base64url.
	 * @throws {UnknownKey}
	 */
	endpointSecretOf(node: string): Promise<string>;
	/** Checks it in constant time, before any lookup. A node that no keyring made is `wrong`. */
	verifyEndpoint(node: string, secret: string): Promise<SecretCheck>;
	/**
	 * What is kept of a secret that another app server gave out: 43 characters. Keyed, since such a secret may be
	 * no more than a hash of its registration and the time it was made, and so could be guessed from the database.
	 */
	hashFormer(node: string, secret: string): Promise<string>;
	/** Whether that is the hash of this secret; in constant time. `unknown-key`: the hash was made with another key. */
	verifyFormer(node: string, secret: string, hash: string): Promise<SecretCheck>;
	/** A keyed hash of something that is counted but must not be readable in the database; 22 characters. */
	conceal(text: string): Promise<string>;
}

/** The secrets that imported registrations came with, as `Keyring.hashFormer` makes them. */
export interface FormerSecrets {
	/** Undefined: there is none, or none any more. */
	hashOf(node: string): Promise<string | undefined>;
	/** The derived secret was used: the former one ends, if there is one. */
	retire(node: string): Promise<void>;
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

/** Twenty bytes in the one way to write them: the last character carries four bits. */
const OWN_NODE = /^[A-Za-z0-9_-]{26}[AEIMQUYcgkosw048]$/;

/** Has the form of a node that a keyring made; a key id that no key has is possible. */
export function isOwnNode(node: string): boolean {
	return OWN_NODE.test(node);
}

/** The twin of a node under another key; a foreign one is its own. @param id of the key */
export function underKey(node: string, id: string): string {
	const bytes = decode(node);
	if (bytes?.length !== KEY_ID_BYTES + RANDOM_BYTES) return node;
	const twin = new Uint8Array(bytes);
	twin.set(base64url.decode(id));
	return base64url.encode(twin);
}

/** The id of the key that made a node of our own, or a signature that names its key; undefined: it is neither. */
function keyIdIn(text: string): string | undefined {
	const bytes = decode(text);
	return bytes && bytes.length > KEY_ID_BYTES ? base64url.encode(bytes.subarray(0, KEY_ID_BYTES)) : undefined;
}

const encoder = new TextEncoder();
const utf8 = (text: string) => encoder.encode(text);

/** What is signed for a foreign node: with a word before it, it can be nothing else that is signed here. */
const foreign = (node: string) => utf8(`foreign\0${node}`);
/** The same for the device secret of any node. */
const ofDevice = (node: string) => utf8(`device\0${node}`);
/** The same for the URL of a UnifiedPush endpoint: who may send to it may not publish. */
const ofEndpoint = (node: string) => utf8(`endpoint\0${node}`);
/** What is signed to conceal a text, and how much of the signature is taken. */
export const concealed = (text: string) => utf8(`conceal\0${text}`);
export const CONCEALED_BYTES = 16;
const former = (node: string, secret: string) => utf8(`former\0${node}\0${secret}`);

/** HMAC-SHA-256 of a text with one key. */
export type Hmac = (
	text: Uint8Array<ArrayBuffer>,
) => Uint8Array<ArrayBuffer> | Promise<Uint8Array<ArrayBuffer>>;

/** Prepares a key. */
export type HmacOf = (key: Uint8Array<ArrayBuffer>) => Hmac | Promise<Hmac>;

/** Runs wherever `fetch` does. */
const webCryptoHmac: HmacOf = async (bytes) => {
	const key = await crypto.subtle.importKey("raw", bytes, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
	return async (text) => new Uint8Array(await crypto.subtle.sign("HMAC", key, text));
};

interface Key {
	id: string;
	fingerprint: string;
	hmac: Hmac;
}

async function importKey(text: string, hmacOf: HmacOf): Promise<Key> {
	const hmac = await hmacOf(utf8(text));
	// The id is public (it travels in every node), the fingerprint is not: two labels keep one from telling
	// anything of the other.
	const digest = async (label: string) => hmac(utf8(label));
	return {
		id: base64url.encode((await digest("reveille key id")).subarray(0, KEY_ID_BYTES)),
		fingerprint: base64url.encode((await digest("reveille fingerprint")).subarray(0, 16)),
		hmac,
	};
}

/**
 * @param secretKey the current key: any text of at least 32 characters (config/config.ts checks)
 * @param oldKeys keys that verify but no longer make nodes
 * @param effects.random fills its argument with random bytes
 * @param effects.hmacOf WebCrypto's, if not given
 */
export async function createKeyring(
	secretKey: string,
	oldKeys: readonly string[] = [],
	effects: { random?: (bytes: Uint8Array<ArrayBuffer>) => Uint8Array; hmacOf?: HmacOf } = {},
): Promise<Keyring> {
	const { random = (bytes) => crypto.getRandomValues(bytes), hmacOf = webCryptoHmac } = effects;
	const current = await importKey(secretKey, hmacOf);
	const old = await Promise.all(oldKeys.map((key) => importKey(key, hmacOf)));
	const byId = new Map([...old, current].map((key) => [key.id, key]));

	/** For what names no key itself: the first bytes of the signature give way to the key's id. */
	const signNaming = async (key: Key, text: Uint8Array<ArrayBuffer>) => {
		const signature = await key.hmac(text);
		signature.set(base64url.decode(key.id));
		return base64url.encode(signature);
	};

	const verifyNaming = async (signature: string, text: Uint8Array<ArrayBuffer>): Promise<SecretCheck> => {
		const bytes = decode(signature);
		if (bytes?.length !== SECRET_BYTES) return "wrong";
		const key = byId.get(keyIdIn(signature) ?? "");
		if (!key) return "unknown-key";
		return isSameText(signature, await signNaming(key, text)) ? "ok" : "wrong";
	};

	/** Of those that were looked at, by the characters of a node that have its id in them, and four bits of chance. */
	const byBeginning = new Map<string, Key>();

	/** The key that made a node of our own; undefined: it was not given. */
	function keyOf(node: string): Key | undefined {
		const beginning = node.slice(0, ID_CHARACTERS);
		const known = byBeginning.get(beginning);
		if (known) return known;
		const key = byId.get(keyIdIn(node) ?? "");
		if (key) byBeginning.set(beginning, key);
		return key;
	}

	const secretOf = async (node: string) => {
		if (!isOwnNode(node)) return signNaming(current, foreign(node));
		const key = keyOf(node);
		if (!key) throw new UnknownKey("this registration was made with a key that is not configured");
		return base64url.encode(await key.hmac(utf8(node)));
	};

	const endpointSecretOf = async (node: string) => {
		const key = isOwnNode(node) ? keyOf(node) : undefined;
		if (!key) throw new UnknownKey("this registration was made with a key that is not configured");
		return base64url.encode(await key.hmac(ofEndpoint(node)));
	};

	const underCurrentKey = (node: string) => underKey(node, current.id);

	return {
		ids: [current.id, ...old.map(({ id }) => id).filter((id) => id !== current.id)],
		fingerprint: current.fingerprint,
		oldFingerprints: old.map((key) => key.fingerprint),

		createNode() {
			const bytes = new Uint8Array(KEY_ID_BYTES + RANDOM_BYTES);
			bytes.set(base64url.decode(current.id));
			bytes.set(random(new Uint8Array(RANDOM_BYTES)), KEY_ID_BYTES);
			return base64url.encode(bytes);
		},

		underCurrentKey,

		usable: (node) => (isOwnNode(node) && !keyOf(node) ? underCurrentKey(node) : node),

		secretOf,

		openNode: async (node) => `${node}.${await secretOf(node)}`,

		async verify(node, secret) {
			if (!isOwnNode(node)) return (await verifyNaming(secret, foreign(node))) === "ok" ? "ok" : "wrong";
			const key = keyOf(node);
			if (!key) return "unknown-key";
			// As texts, which have one form: nothing that a stranger sends is decoded.
			const right = base64url.encode(await key.hmac(utf8(node)));
			return isSameText(secret, right) ? "ok" : "wrong";
		},

		deviceSecretOf: (node) => signNaming(current, ofDevice(node)),

		async verifyDevice(node, secret) {
			const check = await verifyNaming(secret, ofDevice(node));
			if (check !== "unknown-key") return check;
			// Any text of its length names some key. That of the node was a key of ours, if it is one of our nodes.
			return isOwnNode(node) && keyIdIn(node) === keyIdIn(secret) ? check : "wrong";
		},

		endpointSecretOf,

		async verifyEndpoint(node, secret) {
			if (!isOwnNode(node)) return "wrong";
			if (!keyOf(node)) return "unknown-key";
			return isSameText(secret, await endpointSecretOf(node)) ? "ok" : "wrong";
		},

		hashFormer: (node, secret) => signNaming(current, former(node, secret)),

		verifyFormer: (node, secret, hash) => verifyNaming(hash, former(node, secret)),

		async conceal(text) {
			const hash = await current.hmac(concealed(text));
			return base64url.encode(hash.subarray(0, CONCEALED_BYTES));
		},
	};
}

/** Compares in a time that depends on what was given alone: it tells neither where they differ nor how long `right` is. */
export function isSameText(given: string, right: string): boolean {
	let difference = given.length ^ right.length;
	for (let at = 0; at < given.length; at++) {
		difference |= given.charCodeAt(at) ^ right.charCodeAt(at % right.length);
	}
	return difference === 0;
}

/**
 * A keyring that takes former secrets too. Everybody checks secrets with it, so that a former one works wherever a
 * derived one does, and ends wherever the derived one is used.
 * @param knownKeys ids of all keys that the database's secrets may have been made with, those that are not given any
 *   more too: asked once the database answered
 */
export function withFormerSecrets(
	keyring: Keyring,
	formerSecrets: FormerSecrets,
	knownKeys: () => readonly string[] = () => keyring.ids,
): Keyring {
	const noHash = `${keyring.ids[0]}${"A".repeat(37)}`;
	/** Made with a key that was taken away; what another app server gave out may have its form, and names no key we had. */
	const isOfGoneKey = (secret: string) => {
		const id = keyIdIn(secret);
		return id !== undefined && knownKeys().includes(id) && !keyring.ids.includes(id);
	};
	async function verifyForeign(node: string, secret: string): Promise<SecretCheck> {
		const check = await keyring.verify(node, secret);
		if (check === "ok") {
			// Where the database is away, the next use ends it.
			await formerSecrets.retire(node).catch(() => undefined);
			return check;
		}
		const hash = await formerSecrets.hashOf(node);
		// Compared with anything where there is nothing to compare with: both must take the same time.
		const former = await keyring.verifyFormer(node, secret, hash ?? noHash);
		if (hash !== undefined && former !== "wrong") return former;
		return isOfGoneKey(secret) ? "unknown-key" : "wrong";
	}
	return {
		...keyring,
		async verifyDevice(node, secret) {
			const check = await keyring.verifyDevice(node, secret);
			return check === "wrong" && isOfGoneKey(secret) ? "unknown-key" : check;
		},
		async verifyEndpoint(node, secret) {
			const check = await keyring.verifyEndpoint(node, secret);
			// Anybody can make up a node that names some key.
			return check === "unknown-key" && !knownKeys().includes(keyIdIn(node) ?? "") ? "wrong" : check;
		},
		verify: (node, secret) => (isOwnNode(node) ? keyring.verify(node, secret) : verifyForeign(node, secret)),
	};
}
