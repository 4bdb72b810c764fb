/** REGISTRATION=jwt: only what our key signed, for us and for now, lets anybody register. */
import { createHmac } from "node:crypto";
import fc from "fast-check";
import { exportSPKI, generateKeyPair } from "jose";
import { createJwtCheck } from "../../src/routes/guards/jwt.ts";
import type { Permit } from "../../src/routes/guards/permit.ts";
import { Problem } from "../../src/routes/problem.ts";
import { claim, claimSentence, same } from "./claims.ts";
import { anyText, spoiltText } from "./hostile.ts";
import { eventually, type Fuzzed } from "./property.ts";

const SHARED = "a key that the backend and the server share";
const AUDIENCE = "https://push.example.net";
const ISSUER = "https://chat.example.net";
const NOW_S = 1_800_000_000;
const effects = { fetch: () => Promise.reject(new Error("nothing is fetched")), now: () => NOW_S * 1000 };
const settings = { key: { text: SHARED }, audience: [AUDIENCE, `${AUDIENCE}/`], issuer: ISSUER };
const check = await createJwtCheck(settings, effects);

const encoded = (text: string) => Buffer.from(text).toString("base64url");
const signed = (header: string, payload: string, key = SHARED) => {
	const text = `${encoded(header)}.${encoded(payload)}`;
	return `${text}.${createHmac("sha256", key).update(text).digest("base64url")}`;
};
const HS256 = '{"alg":"HS256"}';
const CLAIMS = { aud: AUDIENCE, iss: ISSUER, exp: NOW_S + 60 };
const GOOD = signed(HS256, JSON.stringify(CLAIMS));
const FOR_APPS = signed(HS256, JSON.stringify({ ...CLAIMS, app: ["webpush", "fcm"] }));
const PUBLIC = await exportSPKI((await generateKeyPair("ES256", { extractable: true })).publicKey);
const withPublic = await createJwtCheck({ ...settings, key: { text: PUBLIC } }, effects);

/** @returns undefined: it was refused as a JWT is */
async function permitOf(jwt: string, its = check): Promise<Permit | undefined> {
	try {
		return await its(jwt);
	} catch (error) {
		if (!(error instanceof Problem)) throw error;
		same(error.kind, "registration-token-needed");
		claimSentence(error.message);
		for (const part of jwt.split("."))
			claim(part.length < 8 || !error.message.includes(part), "it is repeated");
		return undefined;
	}
}

const anyTime = fc.oneof(fc.integer({ min: NOW_S - 200, max: NOW_S + 200 }), fc.jsonValue({ maxDepth: 1 }));
const claims = fc.record(
	{
		aud: fc.oneof(
			fc.constantFrom(AUDIENCE, `${AUDIENCE}/`, "https://other.example"),
			fc.jsonValue({ maxDepth: 1 }),
		),
		iss: fc.oneof(fc.constantFrom(ISSUER, ISSUER, ISSUER, "x"), fc.jsonValue({ maxDepth: 1 })),
		exp: anyTime,
		nbf: anyTime,
		iat: anyTime,
		app: fc.oneof(
			fc.constantFrom("webpush", "fcm"),
			fc.array(fc.constantFrom("fcm", "wns")),
			fc.jsonValue({ maxDepth: 2 }),
		),
	},
	{ requiredKeys: ["aud", "iss"] },
);
const header = fc.oneof(
	fc.constantFrom(
		HS256,
		HS256,
		'{"alg":"none"}',
		'{"alg":"HS384"}',
		'{"alg":"ES256"}',
		'{"alg":"HS256","crit":["x"],"x":1}',
		'{"alg":"HS256","b64":false}',
	),
	fc.jsonValue({ maxDepth: 2 }).map((value) => JSON.stringify(value)),
	spoiltText(fc.constant('{"alg":"HS256","kid":"1","typ":"JWT"}')),
);
const isIn = (value: unknown, list: readonly string[]) =>
	[value].flat().some((one) => typeof one === "string" && list.includes(one));

/** Other last characters decode to the same signature, as far as its bits go. */
const respelt = fc
	.tuple(
		fc.constantFrom(GOOD, FOR_APPS),
		fc.constantFrom(..."ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"),
		fc.constantFrom("", "", "="),
	)
	.map(([jwt, last, end]) => jwt.slice(0, -1) + last + end);

export const fuzzed: Fuzzed = {
	name: "JWTs",
	properties: [
		eventually(
			"a JWT that is changed anywhere is refused",
			{ weight: 4, most: 60_000 },
			fc.oneof(spoiltText(fc.constantFrom(GOOD, FOR_APPS), 2), respelt),
			async (jwt) => {
				const permit = await permitOf(jwt);
				if (jwt === GOOD) same(permit, {});
				else if (jwt === FOR_APPS) same(permit, { apps: ["webpush", "fcm"] });
				else same(permit, undefined);
			},
		),
		eventually(
			"what our key signed counts as its claims say",
			{ weight: 4, most: 40_000 },
			claims,
			async ({ aud, iss, exp, nbf, iat, app }) => {
				const permit = await permitOf(signed(HS256, JSON.stringify({ aud, iss, exp, nbf, iat, app })));
				const isNumber = (value: unknown): value is number => typeof value === "number";
				const inTime = [
					isNumber(exp) && exp > NOW_S - 60,
					nbf === undefined || (isNumber(nbf) && nbf <= NOW_S + 60),
				].every(Boolean);
				const apps = app === undefined || [app].flat().every((name) => typeof name === "string");
				const isGood = inTime && apps && isIn(aud, settings.audience) && iss === ISSUER;
				if (permit) claim(isGood, "it is let in");
				else claim(!isGood || (iat !== undefined && !isNumber(iat)), "it is kept out");
				if (permit?.apps) same([...permit.apps], [app].flat());
			},
		),
		eventually(
			"what another key signed, or none, or a key that everybody has, is refused",
			{ weight: 2, most: 40_000 },
			fc.tuple(
				header,
				fc.oneof(fc.constant(JSON.stringify(CLAIMS)), anyText),
				fc.constantFrom("another key", PUBLIC, PUBLIC.trim(), ""),
			),
			async ([its, payload, key]) => {
				const jwt = key === "" ? `${encoded(its)}.${encoded(payload)}.` : signed(its, payload, key);
				same(await permitOf(jwt), undefined);
				same(await permitOf(jwt, withPublic), undefined);
			},
		),
	],
};
