/**
 * SCRAM (RFC 5802, RFC 7677): each side proves to the other that it knows the password, without saying it. What the
 * server sends is read strictly: an attacker in its place gains nothing by odd nonces, few iterations or many.
 */
import { loginBounds } from "../limits/bounds/login.ts";
import { type Bytes, decodeBase64, encodeBase64, utf8 } from "./base64.ts";
import { type Credentials, type Mechanism, SaslError } from "./mechanism.ts";
import { prepared } from "./saslprep.ts";

/** The hash functions as WebCrypto calls them, and how long their values are, bits. */
const HASHES = {
	"SCRAM-SHA-512": { hash: "SHA-512", bits: 512 },
	"SCRAM-SHA-256": { hash: "SHA-256", bits: 256 },
	"SCRAM-SHA-1": { hash: "SHA-1", bits: 160 },
} as const;
export type ScramName = keyof typeof HASHES;

/** RFC 5802 §7: no channel binding, and nobody else's authorization identity. */
const GS2_HEADER = "n,,";
const NONCE_BYTES = 24;
/** RFC 5802 §7 `printable`; a comma ends it. */
const NONCE = /^[\x21-\x2b\x2d-\x7e]+$/;

const ALGORITHM = "HMAC";
type Hash = (typeof HASHES)[ScramName];

interface Challenge {
	/** The client's nonce, and the server's behind it. */
	nonce: string;
	salt: Bytes;
	iterations: number;
}

/** What proves who knows the password, to each side. */
interface Proofs {
	/** What the client sends, base64. */
	client: string;
	/** Checks what the server sends, in constant time. */
	isServers(signature: Bytes): Promise<boolean>;
}

/**
 * @param nonce the client's; given only by tests
 * @throws {SaslError} where SASLprep forbids what is given
 */
export function createScram(name: ScramName, credentials: Credentials, nonce = createNonce()): Mechanism {
	const { username, password } = prepared(credentials);
	// RFC 5802 §5.1: these two would end the name, or begin an escape.
	const escaped = username.replace(/[=,]/g, (character) => (character === "=" ? "=3D" : "=2C"));
	const first = `n=${escaped},r=${nonce}`;
	/** `proved`: we proved that we know the password. `verified`: the server proved it too. */
	let step: "begun" | "proved" | "verified" = "begun";
	let proofs: Proofs | undefined;

	async function verify(text: string) {
		// What follows a comma is an extension.
		const [signature = ""] = text.split(",", 1);
		const bytes = signature.startsWith("v=") ? decodeBase64(signature.slice(2)) : undefined;
		if (!bytes || !(await proofs?.isServers(bytes))) throw unproven();
		step = "verified";
	}

	return {
		name,
		first: () => GS2_HEADER + first,

		async respond(text) {
			if (step === "proved") {
				// Some servers send what proves them as one more challenge, before they say that we are logged in.
				await verify(text);
				return "";
			}
			if (step === "verified") throw unreadable("it asked for more than SCRAM has");
			const challenge = parseChallenge(text, nonce);
			const final = `c=${encodeBase64(utf8(GS2_HEADER))},r=${challenge.nonce}`;
			const salted = await saltedPassword(HASHES[name], password, challenge);
			proofs = await proofsOf(HASHES[name], salted, utf8(`${first},${text},${final}`));
			step = "proved";
			return `${final},p=${proofs.client}`;
		},

		async finish(data) {
			if (step !== "verified") await verify(data);
		},
	};
}

function createNonce(): string {
	return encodeBase64(crypto.getRandomValues(new Uint8Array(NONCE_BYTES)));
}

/** RFC 5802 §5.1; extensions may follow. @throws {SaslError} */
function parseChallenge(text: string, clientNonce: string): Challenge {
	const [r = "", s = "", i = ""] = text.split(",", 3);
	const nonce = r.startsWith("r=") ? r.slice(2) : "";
	// Else it may be the challenge of another login, which somebody repeats.
	if (!nonce.startsWith(clientNonce) || nonce.length === clientNonce.length || !NONCE.test(nonce)) {
		throw unreadable("its nonce is not made from ours");
	}
	const salt = s.startsWith("s=") ? decodeBase64(s.slice(2)) : undefined;
	if (!salt?.length) throw unreadable("it has no salt");
	if (!/^i=[1-9]\d{0,9}$/.test(i)) throw unreadable("it does not say how often to hash the password");
	const iterations = Number(i.slice(2));
	const [least, most] = [loginBounds.iterations.least, loginBounds.iterations.is];
	if (iterations < least || iterations > most) {
		throw unreadable(
			`it asks to hash the password ${iterations} times, and only ${least} to ${most} are allowed`,
		);
	}
	return { nonce, salt, iterations };
}

/** RFC 5802 §3 `Hi`. WebCrypto does it on another thread: no event loop waits. */
async function saltedPassword(
	{ hash, bits }: Hash,
	password: string,
	{ salt, iterations }: Challenge,
): Promise<Bytes> {
	const key = await crypto.subtle.importKey("raw", utf8(password), "PBKDF2", false, ["deriveBits"]);
	const how = { name: "PBKDF2", hash, salt, iterations };
	return new Uint8Array(await crypto.subtle.deriveBits(how, key, bits));
}

/** RFC 5802 §3. @param exchange all that both said, `AuthMessage` */
async function proofsOf({ hash }: Hash, salted: Bytes, exchange: Bytes): Promise<Proofs> {
	const clientKey = await hmac(hash, salted, utf8("Client Key"));
	const storedKey = new Uint8Array(await crypto.subtle.digest(hash, clientKey));
	const signature = await hmac(hash, storedKey, exchange);
	const serverKey = await hmac(hash, salted, utf8("Server Key"));
	return {
		client: encodeBase64(clientKey.map((byte, at) => byte ^ (signature[at] ?? 0))),
		isServers: async (given) =>
			crypto.subtle.verify(ALGORITHM, await hmacKey(hash, serverKey), given, exchange),
	};
}

const hmacKey = (hash: string, key: Bytes) =>
	crypto.subtle.importKey("raw", key, { name: ALGORITHM, hash }, false, ["sign", "verify"]);

async function hmac(hash: string, key: Bytes, text: Bytes): Promise<Bytes> {
	return new Uint8Array(await crypto.subtle.sign(ALGORITHM, await hmacKey(hash, key), text));
}

const unreadable = (reason: string) =>
	new SaslError("unreadable", `The server's challenge cannot be answered: ${reason}.`);

const unproven = () =>
	new SaslError(
		"unproven",
		"The server did not prove that it knows the password: somebody else may answer in its place.",
	);
