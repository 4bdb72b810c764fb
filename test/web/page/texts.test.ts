/** The texts: the same in each language, in the manner of the house, with a sentence for each fault. */
import { describe, expect, test } from "bun:test";
import type { PageFault } from "../../../src/web/page/page-fault.ts";
import { sentenceOf } from "../../../src/web/page/parts/fault-text.tsx";
import { de } from "../../../src/web/page/texts/de.ts";
import { en } from "../../../src/web/page/texts/en.ts";
import { LANGUAGES, textsFor } from "../../../src/web/page/texts/texts.ts";

/** Each text with its path; functions are called with words that show. */
function textsOf(value: unknown, path = ""): [path: string, text: string][] {
	if (typeof value === "string") return [[path, value]];
	if (typeof value === "function") {
		const argument = path.startsWith(".faults") ? FAULT : "«a»";
		return textsOf(value(argument, "«b»"), path);
	}
	return Object.entries(value as object).flatMap(([key, inner]) => textsOf(inner, `${path}.${key}`));
}

const FAULT = { domain: "«domain»", service: "wss://«service»/ws", address: "«address»", reason: "«reason»" };

const FAULTS: PageFault[] = [
	{ kind: "no-server-known", domain: "example.net" },
	{ kind: "server-unreachable", service: "wss://xmpp.example.net:5281/ws" },
	{ kind: "domain-unknown", domain: "example.net" },
	{ kind: "wrong-password", domain: "example.net" },
	{ kind: "login-refused", domain: "example.net", reason: "account-disabled" },
	{ kind: "no-safe-login", domain: "example.net" },
	{ kind: "server-unproven", domain: "example.net" },
	{ kind: "no-push", domain: "example.net" },
	{ kind: "enable-refused", domain: "example.net", reason: "forbidden" },
	{ kind: "reveille-away", address: "push.example.net" },
	{ kind: "not-allowed", address: "push.example.net", domain: "example.net" },
	{ kind: "invite-needed", address: "push.example.net", domain: "example.net" },
	{ kind: "no-invite", reason: "This invite was used as often as it may be." },
	{ kind: "reveille-refused", reason: "The endpoint is too long." },
	{ kind: "not-now", reason: "Try again in 20 s." },
	{ kind: "ended" },
	{ kind: "disconnected", domain: "example.net" },
	{ kind: "http-away" },
	{ kind: "push-service-away", reason: "push service error" },
	{ kind: "browser-refused", reason: "QuotaExceededError" },
];

test("all languages have the same texts with the same places to fill", () => {
	const placesOf = (text: string) => (text.match(/\{\w+\}/g) ?? []).sort().join();
	const shape = (texts: unknown) => textsOf(texts).map(([path, text]) => [path, placesOf(text)]);
	for (const texts of LANGUAGES) expect(shape(texts)).toEqual(shape(en));
});

test("nothing begs, is sorry, shouts or is empty", () => {
	const forbidden = /\b(please|sorry|oops|successfully|bitte|leider|entschuldig\w*|hoppla)\b|!|^$/i;
	// To ask an admin for something is no begging.
	const found = LANGUAGES.flatMap((texts) =>
		textsOf(texts).map(([path, text]) => `${texts.lang}${path}: ${text}`),
	)
		.filter((line) => forbidden.test(line.slice(line.indexOf(": ") + 2)))
		.filter((line) => !line.includes("Bitte den Admin"));
	expect(found).toEqual([]);
});

describe.each(LANGUAGES.map((texts) => [texts.lang, texts] as const))("in %p", (_, texts) => {
	test.each(FAULTS)("%p has what is and what to do", (fault) => {
		expect(sentenceOf(texts, fault)).toMatchSnapshot();
		const values = Object.entries(fault).filter(([name]) => name !== "kind" && name !== "service");
		for (const [, value] of values) expect(sentenceOf(texts, fault)).toContain(value.replace(/\.$/, ""));
	});

	test("every kind is there", () => {
		expect(Object.keys(texts.faults).sort()).toEqual(FAULTS.map(({ kind }) => kind).sort());
	});
});

test("the language chosen before comes first, then the browser's, then English", () => {
	expect(textsFor([undefined, "de-AT", "en"])).toBe(de);
	expect(textsFor(["en", "de"])).toBe(en);
	expect(textsFor(["fr", "pt-BR"])).toBe(en);
	expect(textsFor([])).toBe(en);
});
