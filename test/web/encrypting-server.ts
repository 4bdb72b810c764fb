/** The account's server, as far as it encrypts: what Prosody's mod_cloud_notify_encrypted does with a device's key. */
import { createCipheriv, randomBytes } from "node:crypto";
import { createContentKey } from "../../src/web/content-key.ts";

export interface EncryptingServer {
	/** The device's. */
	key: CryptoKey;
	/** The `encrypted` of a push. */
	encrypt(plaintext: string | Buffer): { data: string; iv: string };
}

export async function encryptingServer(): Promise<EncryptingServer> {
	const { key, forServer } = await createContentKey();
	return { key, encrypt: (plaintext) => encryptFor(forServer, plaintext) };
}

/** @param key base64, as `<enable/>` had it */
export function encryptFor(key: string, plaintext: string | Buffer): { data: string; iv: string } {
	const iv = randomBytes(12);
	const cipher = createCipheriv("aes-128-gcm", Buffer.from(key, "base64"), iv);
	const sealed = Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
	return { data: sealed.toString("base64"), iv: iv.toString("base64") };
}
