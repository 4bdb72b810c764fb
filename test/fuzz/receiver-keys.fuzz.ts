/** The keys of a subscription: taken exactly where another implementation finds a point of the curve. */
import { createECDH, ECDH } from "node:crypto";
import fc from "fast-check";
import { receiverKeys } from "../../src/services/webpush/receiver-keys.ts";
import { InvalidDevice } from "../../src/types.ts";
import { createDevice } from "../peers/web-push-device.ts";
import { claimSentence, same } from "./claims.ts";
import { anyText, spoiltBytes, spoiltText } from "./hostile.ts";
import { always, type Fuzzed } from "./property.ts";

const POINTS = Array.from({ length: 20 }, () => createDevice("https://push.example/").subscription.keys);
/** The point whose x is 0, and the same with x spelled as the field's order: SEC 1 §2.3.4 takes one of them. */
const Y_OF_ZERO = "66485c780e2f83d72433bd5d84a06bb6541c2af31dae871728bf856a174f93f4";
const ORDER = "ffffffff00000001000000000000000000000000ffffffffffffffffffffffff";
const SPELLINGS = ["0".repeat(64), ORDER].map((x) => Buffer.from(`04${x}${Y_OF_ZERO}`, "hex"));
const keys = fc.constantFrom(
	...POINTS,
	...SPELLINGS.map((point) => ({ p256dh: point.toString("base64url"), auth: POINTS[0]?.auth ?? "" })),
);
const AUTH = POINTS[0]?.auth ?? "";

function read(given: { p256dh: string; auth: string }) {
	try {
		return receiverKeys(given);
	} catch (error) {
		if (!(error instanceof InvalidDevice)) throw error;
		claimSentence(error.message);
		return undefined;
	}
}

function isPoint(bytes: Uint8Array): boolean {
	try {
		createECDH("prime256v1");
		return bytes.length === 65 && bytes[0] === 4 && ECDH.convertKey(bytes, "prime256v1").length === 65;
	} catch {
		return false;
	}
}

/** Either alphabet, padded or not, as `Buffer` reads it, which passes over all else. */
const isBase64 = (text: string) =>
	/^[\w+/-]{1,100}={0,2}$/.test(text) && text.length <= 100 && text.replace(/=+$/, "").length % 4 !== 1;

export const fuzzed: Fuzzed = {
	name: "the keys of a subscription",
	properties: [
		always(
			"bytes are a key exactly where they are a point of P-256",
			{ weight: 3 },
			spoiltBytes(
				keys.map(({ p256dh }) => Buffer.from(p256dh, "base64url")),
				2,
			),
			(bytes) => {
				const taken = read({ p256dh: Buffer.from(bytes).toString("base64url"), auth: AUTH });
				same(taken !== undefined, isPoint(bytes));
				if (taken) same(Buffer.from(taken.p256dh), Buffer.from(bytes));
			},
		),
		always(
			"any text is a key of the bytes it stands for, or refused with a sentence",
			{ weight: 3 },
			fc.tuple(
				fc.oneof(spoiltText(keys.map(({ p256dh }) => p256dh)), anyText),
				fc.oneof(spoiltText(keys.map(({ auth }) => auth)), anyText),
			),
			([p256dh, auth]) => {
				const taken = read({ p256dh, auth });
				const [point, secret] = [Buffer.from(p256dh, "base64"), Buffer.from(auth, "base64")];
				same(
					taken !== undefined,
					isBase64(p256dh) && isBase64(auth) && isPoint(point) && secret.length === 16,
				);
				if (taken) same([Buffer.from(taken.p256dh), Buffer.from(taken.auth)], [point, secret]);
			},
		),
	],
};
