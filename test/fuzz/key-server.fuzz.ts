/** REGISTRATION_JWKS_URL: whatever a server answers there, only what its keys signed lets anybody register. */
import fc, { type Arbitrary } from "fast-check";
import { exportJWK, generateKeyPair, type JWK, SignJWT } from "jose";
import { plainFetch } from "../../src/bun/fetch/plain.ts";
import { createJwtCheck } from "../../src/routes/guards/jwt.ts";
import { Problem } from "../../src/routes/problem.ts";
import { claim, claimSentence, same } from "./claims.ts";
import { anyText, spoiltText } from "./hostile.ts";
import { KEPT_BYTES, SLOW, startOddServer, startSlowServer } from "./odd-server.ts";
import { eventually, type Fuzzed } from "./property.ts";

const AUDIENCE = "https://push.example.net";

const key = async (alg: string, kid: string) => {
	const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
	return { kid, alg, privateKey, jwk: { ...(await exportJWK(publicKey)), kid, alg, use: "sig" } as JWK };
};
const ours = await key("ES256", "ours");
const others = await Promise.all(["ES256", "EdDSA", "RS256"].map((alg) => key(alg, `other-${alg}`)));
const jwt = await new SignJWT({ aud: AUDIENCE })
	.setProtectedHeader({ alg: ours.alg, kid: ours.kid })
	.setExpirationTime("1y")
	.sign(ours.privateKey);

/** The set of keys that a backend serves. */
const jwks = (...keys: unknown[]) => JSON.stringify({ keys });
const GOOD = jwks(...others.map(({ jwk }) => jwk), ours.jwk);

/** One that is not as it should be: other members, other kinds, a private half, a key twice. */
const odd: Arbitrary<JWK> = fc
	.tuple(
		fc.constantFrom(ours, ours, ...others),
		fc.dictionary(
			fc.constantFrom(
				"kty",
				"crv",
				"x",
				"y",
				"n",
				"e",
				"d",
				"k",
				"kid",
				"alg",
				"use",
				"key_ops",
				"ext",
				"oth",
			),
			fc.oneof(
				anyText,
				fc.constantFrom("oct", "RSA", "P-384", "enc", "HS256", "none", "ours"),
				fc.jsonValue(),
			),
			{ maxKeys: 2 },
		),
	)
	.map(([{ jwk }, changes]) => ({ ...jwk, ...changes }) as JWK);
const text = fc.oneof(
	{ weight: 2, arbitrary: fc.constant(GOOD) },
	{
		weight: 6,
		arbitrary: fc.array(fc.oneof(odd, fc.jsonValue()), { maxLength: 6 }).map((keys) => jwks(...keys)),
	},
	{ weight: 4, arbitrary: spoiltText(fc.constant(GOOD)) },
	{ weight: 1, arbitrary: fc.jsonValue().map((value) => JSON.stringify(value)) },
	{ weight: 1, arbitrary: anyText },
);

/** @returns whether the JWT let anybody register */
async function lets(
	fetch: (url: string, init: RequestInit) => Promise<Response>,
	url: string,
): Promise<boolean> {
	const check = await createJwtCheck({ key: { jwksUrl: url }, audience: [AUDIENCE] }, { fetch });
	try {
		same(await check(jwt), {});
		return true;
	} catch (error) {
		if (!(error instanceof Problem)) throw error;
		claim(["registration-token-needed", "unavailable"].includes(error.kind), error.kind);
		claimSentence(error.message);
		for (const part of jwt.split(".")) claim(!error.message.includes(part), "the JWT is repeated");
		return false;
	}
}

/** Whether this is a set of keys, and ours is in it. */
function holdsOurs(body: string): boolean {
	try {
		const { keys } = JSON.parse(body) as { keys: JWK[] };
		return keys.some((one) => one?.kty === "EC" && one.x === ours.jwk.x && one.y === ours.jwk.y);
	} catch {
		return false;
	}
}

const server = startOddServer(GOOD, KEPT_BYTES);

export const fuzzed: Fuzzed = {
	name: "a key server's answers",
	properties: [
		eventually(
			"let in what a key of theirs signed, and nobody else",
			{ weight: 4, most: 40_000 },
			fc.tuple(text, fc.constantFrom(200, 200, 200, 200, 201, 204, 206, 304, 400, 404, 500, 503)),
			async ([body, status]) => {
				const answer = () => new Response(status === 204 || status === 304 ? null : body, { status });
				const isIn = await lets(async () => answer(), "https://chat.example/jwks");
				if (isIn) claim(status === 200 && holdsOurs(body), "somebody is let in");
				else claim(body !== GOOD || status !== 200, "who has a key is kept out");
			},
		),
		eventually(
			"over a real socket are taken up to a bound, and never unpacked or followed",
			{ weight: 1, most: 1_500 },
			server.answers,
			async (answer) => {
				const { isIn, bytes } = await server.serve(answer, (url) => lets(plainFetch, url));
				if (isIn) claim(answer.isPlain, () => `let in by ${answer.name}`);
				else claim(!answer.isGood, () => `kept out by ${answer.name}`);
				claim(bytes < KEPT_BYTES, () => `${answer.name}: ${bytes} bytes were taken`);
			},
		),
		eventually(
			"that come slowly, or never, are given up",
			// All ways at once: each takes a question's whole deadline.
			{ weight: 0.01, most: 1 },
			fc.constant(SLOW),
			async (ways) => {
				const slow = ways.map((way) => startSlowServer(way, GOOD));
				const isIn = await Promise.all(slow.map(({ url }) => lets(plainFetch, url)));
				for (const { stop } of slow) stop();
				same(isIn, [false, false, false]);
			},
		),
	],
	close: async () => server.stop(),
};
