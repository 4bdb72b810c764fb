/** How the JSON API checks bodies, and how it says what does not fit. */
import { type Hook, z } from "@hono/zod-openapi";
import { httpBounds } from "../../limits/bounds/http.ts";
import { nearest } from "../../syntax/spelling.ts";
import { inXml } from "../../syntax/xml-characters.ts";
import type { RequestEnv } from "../deps.ts";
import { Problem } from "../problem.ts";

/** How much of a wrong name is repeated in the answer. */
const LONGEST_NAME = httpBounds.fieldName.is;
/** How many problems an answer names, and how many unknown fields of one object. */
const MOST_TOLD = httpBounds.problems.is;

/** Says of each of the first names which one was probably meant, and of those that resemble none what is known. */
function unknownFields(names: readonly string[], known: readonly string[]): string {
	const sentences: string[] = [];
	const others: string[] = [];
	for (const name of names.slice(0, MOST_TOLD)) {
		const shown = JSON.stringify(name.slice(0, LONGEST_NAME));
		const meant = nearest(name, known);
		if (meant) sentences.push(`${shown} is not a field here: did you mean ${meant}?`);
		else others.push(shown);
	}
	const [only, ...more] = others;
	const wrong = more.length > 0 ? `${others.join(", ")} are not fields here` : `${only} is not a field here`;
	if (only !== undefined) sentences.push(`${wrong}: known are ${known.join(", ")}.`);
	if (names.length > MOST_TOLD) sentences.push(`There are ${names.length - MOST_TOLD} more.`);
	return sentences.join(" ");
}

/** An object that refuses what it does not know, naming the field that was probably meant. */
export function closed<Shape extends z.ZodRawShape>(shape: Shape) {
	return z.strictObject(shape, {
		error: (issue) =>
			issue.code === "unrecognized_keys" ? unknownFields(issue.keys, Object.keys(shape)) : undefined,
	});
}

/** Text that people read: no control characters, nothing that is not Unicode, nothing that XML cannot hold. */
export function label(longest: number) {
	return z
		.string()
		.trim()
		.min(1)
		.max(longest)
		.refine((text) => inXml(text) === text && !/\p{Cc}/u.test(text), "must not have control characters");
}

/** The kinds of JSON values, as a sentence names them. */
const KINDS: Readonly<Record<string, string>> = {
	string: "text",
	number: "a number",
	boolean: "true or false",
	object: "an object",
	array: "a list",
};
const kindOf = (type: string) => KINDS[type] ?? type;

/** What zod says in its own terms, as a sentence about the field; what was written for a schema stays. */
function sentenceOf(issue: z.core.$ZodIssue): string {
	const what = issue.path.length > 0 ? "" : "The body ";
	if (issue.code === "invalid_type") {
		const received = /received (\w+)$/.exec(issue.message)?.[1];
		if (received === undefined || received === "undefined") return `${what}must be there`;
		return `${what}must be ${kindOf(issue.expected)}, not ${kindOf(received)}`;
	}
	if (issue.code === "too_big" && issue.origin === "string") {
		return `must have at most ${issue.maximum} characters`;
	}
	if (issue.code === "too_small" && issue.origin === "string" && issue.minimum === 1) {
		return "must not be empty";
	}
	return issue.message;
}

/** Turns failed validation into a problem that lists the first fields that do not fit; values are not repeated. */
export const validationHook: Hook<unknown, RequestEnv, string, unknown> = (result) => {
	if (result.success) return;
	const errors = result.error.issues.slice(0, MOST_TOLD).map((issue) => ({
		path: issue.path.map(String).join("."),
		message: sentenceOf(issue),
	}));
	const detail = errors.map(({ path, message }) => (path ? `${path}: ${message}` : message)).join("; ");
	throw new Problem("invalid-fields", detail, { errors });
};
