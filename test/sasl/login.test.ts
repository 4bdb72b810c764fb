import { describe, expect, test } from "bun:test";
import { encodeBase64, utf8 } from "../../src/sasl/base64.ts";
import { type ClientStep, type LoginOptions, logIn, type ServerStep } from "../../src/sasl/login.ts";
import { SaslError } from "../../src/sasl/mechanism.ts";
import { isPrivateWay } from "../../src/sasl/plain.ts";
import { createScramServer } from "../connector/stream/scram-server.ts";

const credentials = { username: "push", password: "secret" };
const base64 = (text: string) => encodeBase64(utf8(text));
const textOf = (step: ClientStep) => Buffer.from(step.text, "base64").toString();

/** Logs in where the server says these things, whatever it is told. */
async function exchange(steps: ServerStep[], options: Partial<LoginOptions> = {}) {
	const sent: ClientStep[] = [];
	const left = [...steps];
	const error = await logIn({
		credentials,
		offered: ["PLAIN"],
		isPrivate: true,
		send: (step) => sent.push(step),
		receive: async () => {
			const step = left.shift();
			if (!step) throw new Error("The server said nothing more.");
			return step;
		},
		...options,
	}).then(
		() => undefined,
		(its: unknown) => its,
	);
	return { sent, error };
}

const success: ServerStep = { name: "success", text: "" };

describe("the mechanism", () => {
	test.each([
		[["PLAIN", "SCRAM-SHA-1", "SCRAM-SHA-256", "SCRAM-SHA-512"], "SCRAM-SHA-512"],
		[["SCRAM-SHA-1", "PLAIN", "SCRAM-SHA-256"], "SCRAM-SHA-256"],
		[["PLAIN", "SCRAM-SHA-1", "DIGEST-MD5"], "SCRAM-SHA-1"],
		[["X-OAUTH2", "PLAIN", "EXTERNAL"], "PLAIN"],
		[["SCRAM-SHA-512-PLUS", "SCRAM-SHA-1"], "SCRAM-SHA-1"],
	])("of %j is %s", async (offered, wanted) => {
		const { sent } = await exchange([], { offered });
		expect(sent[0]).toMatchObject({ name: "auth", mechanism: wanted });
	});

	test.each([
		[["SCRAM-SHA-512-PLUS", "EXTERNAL"], "The server offers only SCRAM-SHA-512-PLUS and EXTERNAL: "],
		[["DIGEST-MD5"], "The server offers only DIGEST-MD5: "],
		[[], "The server offers no way to log in that is known here: "],
		[["<script>", "\u202e", "scram-sha-1", "X".repeat(5_000)], "The server offers no way to log in"],
		[
			Array.from({ length: 20 }, (_, index) => `X-${index}`),
			"The server offers only X-0, X-1, X-2, X-3, X-4, X-5, X-6, X-7 and 12 more: ",
		],
		[
			Array.from({ length: 100_000 }, (_, index) => (index === 90_000 ? "SCRAM-SHA-1" : `X-${index}`)),
			"The server offers only X-0, X-1, X-2, X-3, X-4, X-5, X-6, X-7 and 56 more: ",
		],
	])("is none of %j, and the reason names them", async (offered, sentence) => {
		const { sent, error } = await exchange([], { offered });
		expect(sent).toEqual([]);
		expect(error).toBeInstanceOf(SaslError);
		expect(error).toMatchObject({ fault: "no-mechanism" });
		expect(String((error as Error).message)).toStartWith(sentence);
	});

	test("is never PLAIN where somebody may read along", async () => {
		const { sent, error } = await exchange([success], { offered: ["PLAIN", "EXTERNAL"], isPrivate: false });
		expect(sent).toEqual([]);
		expect((error as Error).message).toBe(
			"The server offers only PLAIN and EXTERNAL: PLAIN sends the password as it is, so that it needs wss://, and nothing else can be used here.",
		);
	});

	test.each([
		["wss://example.org/ws", true],
		["ws://example.org/ws", false],
		["ws://localhost:5280/ws", true],
		["ws://127.0.0.1:5280/ws", true],
		["ws://127.8.0.1/", true],
		["ws://[::1]:5280/ws", true],
		["ws://127.0.0.1.example.org/", false],
		["ws://localhost.example.org/", false],
		["ws://[::2]/", false],
		["ws://10.0.0.1/", false],
		["no URL", false],
	])("PLAIN over %s: %p", (service, wanted) => {
		expect(isPrivateWay(service)).toBe(wanted);
	});
});

describe("PLAIN", () => {
	test("sends the user name as SASLprep has it, and the password as it is, in UTF-8", async () => {
		const { sent, error } = await exchange([success], {
			credentials: { username: "p\u0075\u0308sh", password: "p\u00e4ss\u00a0w\u00f6rd\u2013\u{1f418}" },
		});
		expect(error).toBeUndefined();
		expect(sent.map(textOf)).toEqual(["\0p\u00fcsh\0p\u00e4ss\u00a0w\u00f6rd\u2013\u{1f418}"]);
	});

	test("answers no challenge", async () => {
		const { sent, error } = await exchange([{ name: "challenge", text: "" }, success]);
		expect(sent).toHaveLength(1);
		expect(error).toMatchObject({ fault: "unreadable" });
	});

	test.each([
		["a\0b", "x", "username"],
		["", "x", "username"],
		["a", "x\0y", "password"],
		["a", "", "password"],
	])(
		"sends nothing of %j and %j: NUL would end them, and empty ones are none",
		async (username, password, fault) => {
			const { sent, error } = await exchange([success], { credentials: { username, password } });
			expect(sent).toEqual([]);
			expect(error).toMatchObject({ fault });
		},
	);
});

describe("what the server says", () => {
	const offered = ["SCRAM-SHA-256"];

	test("is answered until it says that we are logged in", async () => {
		const server = createScramServer({ mechanism: "SCRAM-SHA-256", password: "secret" });
		const sent: ClientStep[] = [];
		await logIn({
			credentials,
			offered,
			isPrivate: false,
			send: (step) => sent.push(step),
			receive: async () => {
				const last = sent.at(-1) as ClientStep;
				if (last.name === "auth") return { name: "challenge", text: base64(server.challenge(textOf(last))) };
				return { name: "success", text: base64(server.success(textOf(last)) ?? "") };
			},
		});
		expect(sent.map(({ name }) => name)).toEqual(["auth", "response"]);
	});

	test("may be its reason to refuse, of which so much is repeated as one can read", async () => {
		const failure = { name: "failure" as const, condition: "not-authorized", text: "t".repeat(5_000) };
		const { error } = await exchange([failure], { offered });
		expect(error).toMatchObject({ fault: "refused", condition: "not-authorized" });
		expect((error as Error).message).toBe(
			`The server refused the login: not-authorized (${"t".repeat(100)}).`,
		);
	});

	test("is known for what it is, whatever the password is", async () => {
		const failure = { name: "failure" as const, condition: "not-authorized", text: "no auth" };
		const { error } = await exchange([failure], {
			offered,
			credentials: { username: "push", password: "auth" },
		});
		expect(error).toMatchObject({ fault: "refused", condition: "not-authorized" });
		expect((error as Error).message).toBe("The server refused the login: not-authorized (no …).");
	});

	test.each([
		["what is no base64", "*"],
		["base64 with blanks in it", "QU FB"],
		["base64 that is cut", "QUF"],
		["what is no UTF-8", "////"],
		["more than is read", "QUFB".repeat(1_025)],
		["80,000 commas and quotes", base64(',"'.repeat(80_000))],
	])("is not read where it is %s", async (_, text) => {
		for (const name of ["challenge", "success"] as const) {
			const { sent, error } = await exchange([{ name, text }], { offered });
			expect(sent).toHaveLength(1);
			expect(error).toMatchObject({ fault: "unreadable" });
		}
	});

	test("is waited for as long as whoever carries it waits", async () => {
		const { error } = await exchange([], { offered, receive: () => Promise.reject(new Error("too late")) });
		expect((error as Error).message).toBe("too late");
	});
});
