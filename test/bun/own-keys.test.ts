import { afterEach, beforeEach, expect, test } from "bun:test";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openOwnKeys } from "../../src/bun/own-keys.ts";
import { ConfigError } from "../../src/config/config.ts";

let folder: string;
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), "reveille-test-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const config = () => ({ role: "all" as const, dataDir: join(folder, "data"), vapid: {} });

test("keys are made at the first start, and are the same at the next", async () => {
	const first = openOwnKeys(config());
	const secretKey = await first.secretKey();
	const publicKey = (await first.vapidKey())?.publicKey;
	expect(secretKey).toMatch(/^[\w-]{43}$/);
	expect(publicKey).toMatch(/^[\w-]{87}$/);
	expect(first.made).toEqual(["secret.key", "vapid.key"]);

	const next = openOwnKeys(config());
	expect(await next.secretKey()).toBe(secretKey);
	expect((await next.vapidKey())?.publicKey).toBe(publicKey);
	expect(next.made).toEqual([]);
});

test("a key of the settings is taken, and none is made in its place", async () => {
	const keys = openOwnKeys({ ...config(), secretKey: "sesame" });
	expect(await keys.secretKey()).toBe("sesame");
	expect(keys.made).toEqual([]);
	const wrong = openOwnKeys({ ...config(), vapid: { privateKey: "no key" } });
	await expect(wrong.vapidKey()).rejects.toThrow(ConfigError);
	await expect(wrong.vapidKey()).rejects.toThrow("VAPID_PRIVATE_KEY: ");
	expect(existsSync(join(folder, "data/vapid.key"))).toBe(false);
});

test("an HTTP process has no folder, and signs nothing for browsers", async () => {
	const keys = openOwnKeys({ ...config(), role: "http", secretKey: "sesame" });
	expect(await keys.vapidKey()).toBeUndefined();
	expect(existsSync(join(folder, "data"))).toBe(false);
});
