import { describe, expect, test } from "bun:test";
import { expiresAt, faultOfVapid } from "../../../src/services/webpush/vapid-check.ts";
import { createSigner } from "./relayed.ts";

const NOW = Date.UTC(2026, 0, 1);
const ORIGIN = "https://push.example";
const inS = (seconds: number) => NOW / 1000 + seconds;

const signer = await createSigner();
const claims = { aud: ORIGIN, exp: inS(3600), sub: "mailto:admin@example.org" };
const faultOf = async (changes: object, header: object = {}) =>
	faultOfVapid({ token: await signer.sign({ ...claims, ...changes }, header), key: signer.key }, ORIGIN, NOW);

describe("a JWT of a user's server", () => {
	test("that was signed by the key beside it, for the endpoint's origin, is passed on", async () => {
		expect(await faultOf({})).toBeUndefined();
		expect(await faultOf({ exp: inS(24 * 3600) })).toBeUndefined();
	});

	test.each([
		["for another origin", { aud: "https://other.example" }, "its aud is not the origin of the endpoint"],
		["whose aud lacks the scheme", { aud: "push.example" }, "its aud is not the origin of the endpoint"],
		["for several", { aud: [ORIGIN, "https://other.example"] }, "its aud is not the origin of the endpoint"],
		["for nobody", { aud: undefined }, "its aud is not the origin of the endpoint"],
		["that has expired", { exp: inS(0) }, "it has expired"],
		["that never does", { exp: undefined }, "it has expired"],
		["that lives longer than a day", { exp: inS(24 * 3600 + 1) }, "its exp is more than 24 hours ahead"],
		["that is not valid yet", { nbf: inS(60) }, "its signature is not its key's"],
	])("%s is not", async (_what, changes, fault) => {
		expect(await faultOf(changes)).toBe(fault);
	});

	test("that another key signed is not", async () => {
		const other = await createSigner();
		const token = await signer.sign(claims);
		expect(await faultOfVapid({ token, key: other.key }, ORIGIN, NOW)).toBe("its signature is not its key's");
	});

	test.each([
		["another algorithm", btoa('{"alg":"HS256"}').replaceAll("=", ""), "it is not signed with ES256"],
		["none", btoa('{"alg":"none"}').replaceAll("=", ""), "it is not signed with ES256"],
		["a header that is no JSON", "AAAA", "its signature is not its key's"],
	])("signed with %s is not", async (_what, header, fault) => {
		const [, payload, signature] = (await signer.sign(claims)).split(".");
		expect(
			await faultOfVapid({ token: `${header}.${payload}.${signature}`, key: signer.key }, ORIGIN, NOW),
		).toBe(fault);
	});

	test.each(["", "a.b", "a.b.c.d", "a.b.c\r\nX-Other: 1", "a.b.c, k=x", "ä.b.c"])(
		"that would be another header is not: %p",
		async (token) => {
			expect(await faultOfVapid({ token, key: signer.key }, ORIGIN, NOW)).toBe("it is no JWT");
		},
	);

	test.each(["", "B", `${"B".repeat(86)}\n`, "B".repeat(88)])(
		"with a key that is no point is not: %p",
		async (key) => {
			const token = await signer.sign(claims);
			expect(await faultOfVapid({ token, key }, ORIGIN, NOW)).toBe("its key is no raw P-256 point");
		},
	);

	test("whose key is not on the curve is not", async () => {
		const token = await signer.sign(claims);
		expect(await faultOfVapid({ token, key: `B${"A".repeat(86)}` }, ORIGIN, NOW)).toBe(
			"its signature is not its key's",
		);
	});
});

test("when it expires is read without its key", async () => {
	expect(expiresAt(await signer.sign(claims))).toBe(claims.exp * 1000);
	expect(expiresAt("rubbish")).toBe(0);
});
