/** The key for what a server encrypts: the browser keeps it, and the server alone gets it. */
import { expect, test } from "bun:test";
import { IDBFactory } from "fake-indexeddb";
import { createContentKey, openWith } from "../../src/web/content-key.ts";
import { createDevices } from "../../src/web/store/devices-store.ts";
import { encryptFor } from "./encrypting-server.ts";
import { ownDevice } from "./own-device.ts";

const bytes = (text: string) => Uint8Array.from(Buffer.from(text, "base64"));

test("is 16 bytes that no script reads out again, another one each time", async () => {
	const made = await Promise.all(Array.from({ length: 20 }, createContentKey));
	for (const { key, forServer } of made) {
		expect(Buffer.from(forServer, "base64")).toHaveLength(16);
		expect(forServer).toHaveLength(24);
		expect(key).toMatchObject({ extractable: false, usages: ["decrypt"] });
		await expect(crypto.subtle.exportKey("raw", key)).rejects.toThrow();
		expect(JSON.stringify({ ...ownDevice(), contentKey: key })).not.toContain(forServer);
	}
	expect(new Set(made.map(({ forServer }) => forServer)).size).toBe(20);
});

test("opens what its server encrypts, from the browser's database too", async () => {
	const devices = createDevices({ indexedDB: new IDBFactory(), now: Date.now });
	const { key, forServer } = await createContentKey();
	await devices.put(ownDevice({ contentKey: key }));
	await devices.change("node-1", (device) => ({ ...device, name: "Laptop" }));
	const kept = (await devices.get("node-1"))?.contentKey;
	if (!kept) throw new Error("no key is kept");
	const { data, iv } = encryptFor(forServer, "Romeo!");
	const opened = await openWith(kept, { sealed: bytes(data), iv: bytes(iv) });
	expect(new TextDecoder().decode(opened)).toBe("Romeo!");
});
