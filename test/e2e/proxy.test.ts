/** Behind a proxy, Reveille says at the start what will not go through it. */
import { afterEach, expect, test } from "bun:test";
import { generateKeyPairSync } from "node:crypto";
import { type Reveille, startReveille } from "../peers/reveille.ts";

let reveille: Reveille | undefined;
afterEach(() => reveille?.stop(), 60_000);

test("of APNs, which needs a direct way, and of nothing that is excepted", async () => {
	const { privateKey } = generateKeyPairSync("ec", {
		namedCurve: "P-256",
		privateKeyEncoding: { type: "pkcs8", format: "pem" },
		publicKeyEncoding: { type: "spki", format: "pem" },
	});
	const settings = {
		HTTPS_PROXY: "http://127.0.0.1:1",
		NO_PROXY: "direct.localhost",
		// As an env file has it.
		APNS_KEY: privateKey.replaceAll("\n", "\\n"),
		APNS_KEY_ID: "KEY1234567",
		APNS_TEAM_ID: "TEAM123456",
		APNS_TOPIC: "net.example.chat",
		APNS_URL: "https://localhost:1",
	};
	reveille = await startReveille({ settings });
	expect(reveille.log()).toContain("apns: its pushes wait, since HTTPS_PROXY is set");
	expect(reveille.log()).toContain("add localhost to NO_PROXY");
	await reveille.stop();
	reveille = await startReveille({ settings: { ...settings, APNS_URL: "https://direct.localhost:1" } });
	expect(reveille.log()).not.toContain("its pushes wait, since");
}, 60_000);
