/** The device's half of RFC 8291, held to our sender's, and to what must not be opened. */
import { expect, test } from "bun:test";
import { createReceiver } from "../../../src/services/webpush/message-decryption.ts";
import { encrypt } from "../../../src/services/webpush/message-encryption.ts";
import { receiverKeys } from "../../../src/services/webpush/receiver-keys.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

test("what was encrypted for a device is opened by it, and by no other", async () => {
	const [device, other] = [await createReceiver(), await createReceiver()];
	for (const text of ["", "Wake up!", "ü\u0002\u0000", "x".repeat(3_000)]) {
		const sealed = await encrypt(bytes(text), receiverKeys(device.keys));
		expect(new TextDecoder().decode(await device.decrypt(sealed))).toBe(text);
		await expect(other.decrypt(sealed)).rejects.toThrow();
	}
});

test("what was changed on the way is not opened", async () => {
	const device = await createReceiver();
	const sealed = await encrypt(bytes("Wake up!"), receiverKeys(device.keys));
	for (const at of [0, 30, sealed.length - 1]) {
		const changed = sealed.slice();
		changed[at] = (changed[at] ?? 0) ^ 1;
		await expect(device.decrypt(changed)).rejects.toThrow();
	}
	await expect(device.decrypt(bytes("short"))).rejects.toThrow();
});
