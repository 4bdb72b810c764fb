import { expect, test } from "bun:test";
import { createReceiver } from "../../../src/services/webpush/message-decryption.ts";
import { encrypt } from "../../../src/services/webpush/message-encryption.ts";
import { isWebPushMessage, SHORTEST_MESSAGE } from "../../../src/services/webpush/message-header.ts";
import { receiverKeys } from "../../../src/services/webpush/receiver-keys.ts";

const message = async (text: string) => {
	const { keys } = await createReceiver();
	return encrypt(new TextEncoder().encode(text), receiverKeys(keys));
};

test("what was encrypted for a browser begins as it must, however short", async () => {
	expect(isWebPushMessage(await message("hi"))).toBeTrue();
	const shortest = await message("");
	expect(shortest.length).toBe(SHORTEST_MESSAGE);
	expect(isWebPushMessage(shortest)).toBeTrue();
});

test.each([
	["one byte shorter than the shortest", (it: Uint8Array<ArrayBuffer>) => it.slice(0, SHORTEST_MESSAGE - 1)],
	["a key id of another length", (it: Uint8Array<ArrayBuffer>) => it.with(20, 64)],
	["a compressed point", (it: Uint8Array<ArrayBuffer>) => it.with(21, 2)],
	["a record size below the least", (it: Uint8Array<ArrayBuffer>) => it.with(18, 0).with(19, 17)],
	["several records", (it: Uint8Array<ArrayBuffer>) => it.with(18, 0).with(19, 18)],
])("%s is none", async (_what, spoil) => {
	expect(
		isWebPushMessage(spoil(await message("Wherefore art thou?")) as Uint8Array<ArrayBuffer>),
	).toBeFalse();
});
