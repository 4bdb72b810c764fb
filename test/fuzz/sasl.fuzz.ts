/** What a server says while we log in, whatever it is: an answer, or a sentence; and no proof but the true one counts. */
import fc from "fast-check";
import { decodeBase64Text, encodeBase64, utf8 } from "../../src/sasl/base64.ts";
import { logIn, type ServerStep } from "../../src/sasl/login.ts";
import { SaslError } from "../../src/sasl/mechanism.ts";
import { saslprep } from "../../src/sasl/saslprep.ts";
import { createScram, type ScramName } from "../../src/sasl/scram.ts";
import { saidBy } from "../../src/sasl/server-words.ts";
import { createScramServer } from "../connector/stream/scram-server.ts";
import { claim, claimSentence, same } from "./claims.ts";
import { anyText, spoiltText } from "./hostile.ts";
import { always, eventually, type Fuzzed } from "./property.ts";

const PASSWORD = "p\u00e4ssw\u00f6rd of nobody";
const credentials = { username: "p\u00fcsh", password: PASSWORD };
const MECHANISMS: readonly ScramName[] = ["SCRAM-SHA-1", "SCRAM-SHA-256", "SCRAM-SHA-512"];
const mechanism = fc.constantFrom(...MECHANISMS);
const base64 = (text: string) => encodeBase64(utf8(text));

/** A text that holds what is made of ours, with some changes. */
const around = (good: (it: string) => string) =>
	spoiltText(fc.constant("{}"), 2).map((text) => (it: string) => text.replace("{}", () => good(it)));
/** A changed text. */
const changed = spoiltText(fc.constant("0123456789"), 1).map(
	(text) => (it: string) => (text === "0123456789" ? it : it.slice(0, text.length * 7) + text.slice(-3)),
);
const spoilt = fc.oneof(
	{ weight: 3, arbitrary: fc.constant((it: string) => it) },
	{ weight: 2, arbitrary: around((it) => it) },
	{ weight: 2, arbitrary: changed },
	{ weight: 1, arbitrary: anyText.map((text) => () => text) },
);

/** @returns the error's fault; undefined: it went well */
async function faultOf(work: Promise<unknown>): Promise<string | undefined> {
	try {
		await work;
		return undefined;
	} catch (error) {
		if (!(error instanceof SaslError)) throw error;
		claimSentence(error.message);
		claim(!error.message.includes(PASSWORD), "it repeats the password");
		return error.fault;
	}
}

const anyStep: fc.Arbitrary<ServerStep> = fc.oneof(
	fc.record({
		name: fc.constantFrom("challenge" as const, "success" as const),
		text: fc.oneof(anyText.map(base64), anyText, fc.constantFrom("", "=", "v=", base64("v=AAAA"))),
	}),
	fc.record({ name: fc.constant("failure" as const), condition: anyText, text: anyText }),
);

export const fuzzed: Fuzzed = {
	name: "a login",
	properties: [
		always("is prepared once: what SASLprep made stays as it is", { weight: 4 }, anyText, (text) => {
			const prepared = saslprep(text);
			if (prepared === undefined) return;
			same(saslprep(prepared), prepared);
			claim(!/[\p{Cc}\p{Cs}\u00a0\u200b]/u.test(prepared), "what is prohibited is left");
		}),
		always("reads base64 as it was written, or not at all", { weight: 4 }, anyText, (text) => {
			const read = decodeBase64Text(text);
			if (read !== undefined) same(base64(read), text);
			if (text.isWellFormed()) same(decodeBase64Text(base64(text)), text);
		}),
		always(
			"repeats of a server's words so much as one can read, and no password",
			{ weight: 2 },
			fc.tuple(spoiltText(fc.constant(`{} ${base64(`\0p\u00fcsh\0${PASSWORD}`)}`)), anyText),
			([text, password]) => {
				const said = saidBy(text.replaceAll("{}", PASSWORD), credentials);
				claim(said.length <= 100 && said.isWellFormed(), "it is too long");
				claim(!said.includes(PASSWORD), "it repeats the password");
				claim(saidBy(text, { username: "x", password }).length <= 100, "it is too long");
			},
		),
		eventually(
			"takes the true signature of what was said for proof, and no other",
			{ weight: 3, most: 20_000 },
			fc.tuple(mechanism, spoilt, spoilt),
			async ([name, ofChallenge, ofSignature]) => {
				const client = createScram(name, credentials);
				const server = createScramServer({ mechanism: name, password: PASSWORD });
				const challenge = ofChallenge(server.challenge(client.first()));
				server.said(challenge);
				let proof: string | undefined;
				const fault = await faultOf(
					client.respond(challenge).then((text) => {
						proof = text;
					}),
				);
				if (proof === undefined) return same(fault, "unreadable");
				// Where its salt or iterations were spoilt in a way that can be read, the server knows nothing of it.
				const signature = server.success(proof) ?? "v=";
				const sent = ofSignature(signature);
				// RFC 5802 §7: extensions may follow.
				const [given] = sent.split(",", 1);
				same(
					await faultOf(client.finish(sent)),
					given === signature && given !== "v=" ? undefined : "unproven",
				);
			},
		),
		eventually(
			"by SCRAM ends with a sentence, whatever a server says that does not know the password",
			{ weight: 3, most: 100_000 },
			fc.tuple(mechanism, fc.array(anyStep, { maxLength: 5 })),
			async ([name, steps]) => {
				const sent: string[] = [];
				const left = [...steps];
				const login = logIn({
					credentials,
					offered: [name, "PLAIN"],
					isPrivate: true,
					send: ({ text }) => void sent.push(text),
					receive: async () => left.shift() ?? { name: "success", text: "" },
				});
				claim((await faultOf(login)) !== undefined, "it logged in");
				// No challenge of these is made from our nonce.
				same(sent.length, 1);
			},
		),
		eventually(
			"is by none of any names, with a sentence, or by one that was offered",
			{ weight: 2, most: 100_000 },
			fc.tuple(
				fc.array(fc.oneof(anyText, fc.constantFrom(...MECHANISMS, "PLAIN")), { maxLength: 8 }),
				fc.boolean(),
			),
			async ([offered, isPrivate]) => {
				const used: string[] = [];
				await faultOf(
					logIn({
						credentials,
						offered,
						isPrivate,
						send: (step) => void (step.name === "auth" && used.push(step.mechanism)),
						receive: async () => ({ name: "failure", condition: "not-authorized", text: "" }),
					}),
				);
				const best = MECHANISMS.toReversed().find((name) => offered.includes(name));
				same(used, [best ?? (isPrivate && offered.includes("PLAIN") ? "PLAIN" : [])].flat());
			},
		),
	],
};
