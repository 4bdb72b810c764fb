/** What Bun computes on the spot is what WebCrypto computes at the edge: the two share a database. */
import { expect, test } from "bun:test";
import { createECDH, generateKeyPairSync } from "node:crypto";
import fc from "fast-check";
import { nativeHmac, nativeMessageCipher } from "../../src/bun/native-crypto.ts";
import { createKeyring } from "../../src/secrets.ts";

test("secrets and hashes are the same by Bun as by WebCrypto, whatever the key's length", async () => {
	const text = fc.string({ unit: "binary", maxLength: 200 });
	await fc.assert(
		fc.asyncProperty(
			fc.string({ unit: "binary", minLength: 32, maxLength: 200 }),
			text,
			async (key, other) => {
				const [edge, bun] = await Promise.all([
					createKeyring(key),
					createKeyring(key, [], { hmacOf: nativeHmac }),
				]);
				expect([bun.ids, bun.fingerprint]).toEqual([edge.ids, edge.fingerprint]);
				const node = edge.createNode();
				expect(await bun.secretOf(node)).toBe(await edge.secretOf(node));
				expect(await bun.conceal(other)).toBe(await edge.conceal(other));
				expect(await bun.verify(node, await edge.secretOf(node))).toBe("ok");
				expect(await edge.verify(node, await bun.secretOf(node))).toBe("ok");
				expect(await bun.verifyFormer(node, other, await edge.hashFormer(node, other))).toBe("ok");
			},
		),
		{ numRuns: 100 },
	);
});

test("what was refused a moment before spoils nothing", async () => {
	const [zeros, offCurve] = [new Uint8Array(16), new Uint8Array(65).fill(7)];
	offCurve[0] = 4;
	const point = new Uint8Array(createECDH("prime256v1").generateKeys());
	const pair = generateKeyPairSync("ec", { namedCurve: "P-256" });
	const curve = { name: "ECDH", namedCurve: "P-256" };
	const { agree, hkdf, seal } = nativeMessageCipher(() => pair);
	const refuse = async () => {
		await expect(crypto.subtle.importKey("raw", offCurve, curve, false, [])).rejects.toThrow();
		await expect(agree(offCurve)).rejects.toThrow("curve");
	};
	const all = [
		() => agree(point),
		() => nativeHmac(zeros)(zeros),
		() => hkdf(zeros, zeros, zeros, 16),
		() => seal(zeros, zeros.subarray(0, 12), zeros),
	];
	for (const compute of all) {
		const before = await compute();
		await refuse();
		expect(await compute()).toEqual(before);
	}
});
