/** The certificates that apps show to their providers: what would fail with the first push stops the start. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { StartError } from "../../../src/bun/start-error.ts";
import type { AppConfig } from "../../../src/config/apps.ts";
import { certificateExpiry } from "../../../src/connector/checks/certificates.ts";
import { temporaryFolder } from "../../peers/folder.ts";

const folder = temporaryFolder("certificates");
const file = (name: string) => join(folder.path, name);
const text = (name: string) => readFileSync(file(name), "utf8");

function openssl(...args: string[]): void {
	const run = Bun.spawnSync(["openssl", ...args], { cwd: folder.path, stdin: "ignore", stderr: "pipe" });
	if (run.exitCode !== 0) throw new Error(`openssl ${args[0]}: ${run.stderr}`);
}

beforeAll(() => {
	for (const name of ["ours", "other"]) {
		const kind = name === "ours" ? ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"] : ["rsa:2048"];
		openssl(
			...["req", "-x509", "-newkey", ...kind, "-nodes", "-days", "2", "-subj", `/CN=${name}`],
			...["-keyout", `${name}.key`, "-out", `${name}.pem`],
		);
	}
	const secret = ["-passout", "pass:secret"];
	openssl("pkcs8", "-topk8", "-in", "ours.key", "-out", "pkcs8.enc", ...secret);
	openssl("ec", "-in", "ours.key", "-aes256", "-out", "sec1.enc", ...secret);
	openssl("rsa", "-in", "other.key", "-aes256", "-traditional", "-out", "pkcs1.enc", ...secret);
	openssl("ec", "-in", "ours.key", "-out", "sec1.key");
	openssl("pkcs12", "-export", "-inkey", "ours.key", "-in", "ours.pem", "-out", "ours.p12", ...secret);
});
afterAll(() => folder.remove());

const app = (cert: string, key: string): AppConfig => ({
	name: "chat-ios",
	service: "apns",
	alert: { text: "New message" },
	topic: "net.example.chat",
	sandbox: false,
	credentials: { kind: "certificate", cert, key },
});

describe("a certificate", () => {
	test.each([
		["its key", () => [text("ours.pem"), text("ours.key")]],
		["its key in the older form", () => [text("ours.pem"), text("sec1.key")]],
		["both in one text", () => Array(2).fill(text("ours.pem") + text("ours.key"))],
		["both in one text, the key first", () => Array(2).fill(text("ours.key") + text("ours.pem"))],
	])("with %s is taken, and its end is known", (_, pem) => {
		const [cert = "", key = ""] = pem() as string[];
		const ends = certificateExpiry([app(cert, key)]).get("chat-ios") ?? 0;
		expect(ends * 1000).toBeGreaterThan(Date.now() + 86_400_000);
	});

	test.each([
		["ours.pem", "pkcs8.enc"],
		["ours.pem", "sec1.enc"],
		["other.pem", "pkcs1.enc"],
	])("whose key has a passphrase stops the start, with what takes it away: %s, %s", (cert, key) => {
		expect(() => certificateExpiry([app(text(cert), text(key))])).toThrow(
			new StartError(
				"certificate-key-encrypted",
				"App chat-ios: the private key of its certificate has a passphrase, and nobody is there to enter it. Write it without one: `openssl pkey -in FILE -out plain.pem` asks for the passphrase.",
			),
		);
	});

	test.each([
		["ours.pem", "other.key"],
		["other.pem", "ours.key"],
	])("with another certificate's key stops the start, with what compares them: %s, %s", (cert, key) => {
		expect(() => certificateExpiry([app(text(cert), text(key))])).toThrow(
			new StartError(
				"certificate-key-other",
				"App chat-ios: its certificate and its private key do not belong together. `openssl x509 -in CERT -noout -pubkey` and `openssl pkey -in KEY -pubout` must print the same.",
			),
		);
	});

	test("with a key that is none stops the start", () => {
		for (const key of [
			text("ours.pem"),
			"-----BEGIN PRIVATE KEY-----\nsesame\n-----END PRIVATE KEY-----",
			"",
		]) {
			const refused = () => certificateExpiry([app(text("ours.pem"), key)]);
			expect(refused).toThrow(/^App chat-ios: the private key of its certificate is no private key in PEM/);
			expect(refused).not.toThrow(/sesame/);
		}
	});

	test("that is none stops the start, with what makes one of a .p12 file", () => {
		for (const cert of [readFileSync(file("ours.p12"), "utf8"), text("ours.key"), "sesame"]) {
			const refused = () => certificateExpiry([app(cert, text("ours.key"))]);
			expect(refused).toThrow(/^App chat-ios: its certificate is no certificate in PEM.+`openssl pkcs12 -in/);
			expect(refused).not.toThrow(/sesame/);
		}
	});
});
