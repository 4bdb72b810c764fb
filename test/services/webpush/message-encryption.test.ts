/**
 * RFC 8291: the RFC's own example byte for byte, and every length read back by a decryption written apart.
 */
import { describe, expect, test } from "bun:test";
import { KeyObject } from "node:crypto";
import fc from "fast-check";
import { nativeMessageCipher } from "../../../src/bun/native-crypto.ts";
import {
	type EncryptionEffects,
	encrypt as encryptWith,
	MAX_MESSAGE,
	MAX_PLAINTEXT,
	OVERHEAD,
	webCryptoCipher,
} from "../../../src/services/webpush/message-encryption.ts";
import { type ReceiverKeys, receiverKeys } from "../../../src/services/webpush/receiver-keys.ts";
import { InvalidDevice } from "../../../src/types.ts";
import { createDevice, deviceWithKeys } from "../../peers/web-push-device.ts";

/** RFC 8291 §5 and Appendix A. */
const RFC = {
	plaintext: "When I grow up, I want to be a watermelon",
	auth: "BTBZMqHH6r4Tts7J_aSIgg",
	receiverPublic: "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
	receiverPrivate: "q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94",
	senderPublic: "BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8",
	senderPrivate: "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw",
	salt: "DGv6ra1nlYgDCS1FRnbzlw",
	message:
		"DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A" +
		"_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN",
};

/** The RFC's sender, as WebCrypto holds it. */
async function rfcSender(): Promise<CryptoKeyPair> {
	const point = Buffer.from(RFC.senderPublic, "base64url");
	const publicJwk = {
		kty: "EC",
		crv: "P-256",
		x: point.subarray(1, 33).toString("base64url"),
		y: point.subarray(33).toString("base64url"),
	};
	const curve = { name: "ECDH", namedCurve: "P-256" };
	const privateJwk = { ...publicJwk, d: RFC.senderPrivate };
	return {
		publicKey: await crypto.subtle.importKey("jwk", publicJwk, curve, true, []),
		privateKey: await crypto.subtle.importKey("jwk", privateJwk, curve, true, ["deriveBits"]),
	};
}

test("the device that reads in these tests reads the RFC's message too", () => {
	const device = deviceWithKeys("https://push.example/", {
		privateKey: RFC.receiverPrivate,
		auth: RFC.auth,
	});
	expect(device.decryptText(Buffer.from(RFC.message, "base64url"))).toBe(RFC.plaintext);
});

describe.each([
	{ by: "WebCrypto", cipher: undefined, withPair: webCryptoCipher },
	{
		by: "Bun's own cipher",
		cipher: nativeMessageCipher(),
		withPair: ({ publicKey, privateKey }: CryptoKeyPair) =>
			nativeMessageCipher(() => ({
				publicKey: KeyObject.from(publicKey),
				privateKey: KeyObject.from(privateKey),
			})),
	},
])("message encryption by $by", ({ cipher, withPair }) => {
	const encrypt = (plaintext: Uint8Array, receiver: ReceiverKeys, effects: EncryptionEffects = {}) =>
		encryptWith(plaintext, receiver, { cipher, ...effects });

	test("makes the message of RFC 8291 §5, byte for byte", async () => {
		const message = await encrypt(
			Buffer.from(RFC.plaintext),
			receiverKeys({ p256dh: RFC.receiverPublic, auth: RFC.auth }),
			{ cipher: withPair(await rfcSender()), salt: new Uint8Array(Buffer.from(RFC.salt, "base64url")) },
		);
		expect(Buffer.from(message).toString("base64url")).toBe(RFC.message);
	});

	test("is read back by its device, whatever the bytes and however many", async () => {
		const device = createDevice("https://push.example/");
		const keys = receiverKeys(device.subscription.keys);
		const lengths = fc.oneof(fc.constantFrom(0, 1, 3992, MAX_PLAINTEXT), fc.nat(MAX_PLAINTEXT));
		const plaintexts = lengths.chain((length) => fc.uint8Array({ minLength: length, maxLength: length }));
		await fc.assert(
			fc.asyncProperty(plaintexts, async (plaintext) => {
				const message = await encrypt(plaintext, keys);
				expect(message.length).toBe(plaintext.length + OVERHEAD);
				expect(message.length).toBeLessThanOrEqual(MAX_MESSAGE);
				expect(device.decrypt(message).equals(plaintext)).toBe(true);
			}),
			{ numRuns: 200 },
		);
	});

	test("uses a new key and a new salt for every message", async () => {
		const keys = receiverKeys(createDevice("https://push.example/").subscription.keys);
		const messages = await Promise.all(Array.from({ length: 50 }, () => encrypt(Buffer.from("same"), keys)));
		const salts = new Set(messages.map((message) => Buffer.from(message.subarray(0, 16)).toString("hex")));
		const senders = new Set(messages.map((message) => Buffer.from(message.subarray(21, 86)).toString("hex")));
		expect([salts.size, senders.size]).toEqual([50, 50]);
	});

	test("is not read by another device", async () => {
		const [device, other] = [createDevice("https://push.example/"), createDevice("https://push.example/")];
		const message = await encrypt(Buffer.from("for one"), receiverKeys(device.subscription.keys));
		expect(() => other.decrypt(message)).toThrow();
	});

	test("refuses more than a push service must take", async () => {
		const keys = receiverKeys(createDevice("https://push.example/").subscription.keys);
		await expect(encrypt(new Uint8Array(MAX_PLAINTEXT + 1), keys)).rejects.toBeInstanceOf(RangeError);
	});

	test("refuses a receiver's key that is off the curve, even unchecked before", async () => {
		const p256dh = new Uint8Array(65).fill(7);
		p256dh[0] = 4;
		const sent = encrypt(Buffer.from("x"), { p256dh, auth: new Uint8Array(16) });
		await expect(sent).rejects.toBeInstanceOf(InvalidDevice);
	});
});
