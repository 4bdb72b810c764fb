/**
 * The keys of a subscription: every spelling a client uses is taken, every key that cannot work is refused.
 */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { receiverKeys } from "../../../src/services/webpush/receiver-keys.ts";
import { InvalidDevice } from "../../../src/types.ts";
import { createDevice } from "../../peers/web-push-device.ts";

const { keys } = createDevice("https://push.example/").subscription;
const point = Buffer.from(keys.p256dh, "base64url");

/** The point with a part replaced. */
function altered(offset: number, bytes: Buffer): string {
	const copy = Buffer.from(point);
	bytes.copy(copy, offset);
	return copy.toString("base64url");
}

/** The field's order: one more than the largest coordinate. */
const P = Buffer.from("ffffffff00000001000000000000000000000000ffffffffffffffffffffffff", "hex");

/** The point of P-256 whose x is 0, with x spelled otherwise. */
function pointAt(x: Buffer): string {
	const y = Buffer.from("66485c780e2f83d72433bd5d84a06bb6541c2af31dae871728bf856a174f93f4", "hex");
	return Buffer.concat([Buffer.of(4), x, y]).toString("base64url");
}

describe("the keys of a subscription", () => {
	test("are bytes in base64url", () => {
		const read = receiverKeys(keys);
		expect(Buffer.from(read.p256dh).equals(point)).toBe(true);
		expect(Buffer.from(read.auth).toString("base64url")).toBe(keys.auth);
	});

	test("are taken in the other alphabet and with padding too, as scripts in browsers print them", () => {
		// Enough keys that each alphabet's own characters occur.
		for (let round = 0; round < 20; round++) {
			const made = createDevice("https://push.example/").subscription.keys;
			const padded = {
				p256dh: Buffer.from(made.p256dh, "base64url").toString("base64"),
				auth: Buffer.from(made.auth, "base64url").toString("base64"),
			};
			expect(receiverKeys(padded)).toEqual(receiverKeys(made));
		}
	});

	test("may have a coordinate of zero", () => {
		expect(() => receiverKeys({ ...keys, p256dh: pointAt(Buffer.alloc(32)) })).not.toThrow();
	});

	test.each([
		["p256dh of 64 bytes", { p256dh: point.subarray(0, 64).toString("base64url") }],
		["p256dh of 66 bytes", { p256dh: Buffer.concat([point, Buffer.of(0)]).toString("base64url") }],
		["p256dh compressed", { p256dh: altered(0, Buffer.of(2)) }],
		["p256dh off the curve", { p256dh: altered(64, Buffer.of((point[64] ?? 0) ^ 1)) }],
		["p256dh at (0, 0)", { p256dh: altered(1, Buffer.alloc(64)) }],
		["p256dh with x beyond the field: another spelling of x = 0", { p256dh: pointAt(P) }],
		["p256dh that is empty", { p256dh: "" }],
		["p256dh that is not base64url", { p256dh: `${keys.p256dh.slice(0, -1)}!` }],
		["p256dh of a length that encodes nothing", { p256dh: keys.p256dh.slice(0, 85) }],
		["p256dh of a megabyte", { p256dh: "A".repeat(1_000_000) }],
		["auth of 15 bytes", { auth: Buffer.alloc(15).toString("base64url") }],
		["auth of 17 bytes", { auth: Buffer.alloc(17).toString("base64url") }],
		["auth that is empty", { auth: "" }],
	])("refuses %s", (_, wrong) => {
		expect(() => receiverKeys({ ...keys, ...wrong })).toThrow(InvalidDevice);
	});

	test("any text either reads or is refused with a sentence", () => {
		fc.assert(
			fc.property(fc.oneof(fc.string(), fc.base64String()), (p256dh) => {
				expect(() => receiverKeys({ p256dh, auth: keys.auth })).toThrow(InvalidDevice);
			}),
		);
	});

	test("agree with WebCrypto on what a point is", async () => {
		const curve = { name: "ECDH", namedCurve: "P-256" };
		for (let round = 0; round < 50; round++) {
			const made = Buffer.from(createDevice("https://push.example/").subscription.keys.p256dh, "base64url");
			const candidates = [made, Buffer.from(made).fill((made[40] ?? 0) + 1, 40, 41)];
			for (const candidate of candidates) {
				const imported = crypto.subtle.importKey("raw", candidate, curve, false, []);
				const theirs = await imported.then(() => true).catch(() => false);
				const p256dh = candidate.toString("base64url");
				const read = () => receiverKeys({ p256dh, auth: keys.auth });
				if (theirs) expect(read).not.toThrow();
				else expect(read).toThrow(InvalidDevice);
			}
		}
	});
});
