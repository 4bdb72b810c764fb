/** How the JSON API checks bodies, and how it says what does not fit. */
import { type Hook, z } from "@hono/zod-openapi";
import { nearest } from "../spelling.ts";
import type { RequestEnv } from "./deps.ts";
import { Problem } from "./problem.ts";

/** How much of a wrong name is repeated in the answer. */
const LONGEST_NAME = 40;

function unknownField(name: string, known: readonly string[]): string {
	const shown = JSON.stringify(name.slice(0, LONGEST_NAME));
	const meant = nearest(name, known);
	const hint = meant ? `did you mean ${meant}?` : `known are ${known.join(", ")}.`;
	return `${shown} is not a field here: ${hint}`;
}

/** An object that refuses what it does not know, naming the field that was probably meant. */
export function closed<Shape extends z.ZodRawShape>(shape: Shape) {
	return z.strictObject(shape, {
		error: (issue) =>
			issue.code === "unrecognized_keys"
				? issue.keys.map((name) => unknownField(name, Object.keys(shape))).join(" ")
				: undefined,
	});
}

/** Text that people read: no control characters, nothing that is not Unicode. */
export function label(longest: number) {
	return z
		.string()
		.trim()
		.min(1)
		.max(longest)
		.refine((text) => text.isWellFormed() && !/\p{Cc}/u.test(text), "must not have control characters");
}

/** Turns failed validation into a problem that lists each field; values are not repeated. */
export const validationHook: Hook<unknown, RequestEnv, string, unknown> = (result) => {
	if (result.success) return;
	const errors = result.error.issues.map((issue) => ({
		path: issue.path.map(String).join("."),
		message: issue.message,
	}));
	const detail = errors.map(({ path, message }) => (path ? `${path}: ${message}` : message)).join("; ");
	throw new Problem("invalid-fields", detail, { errors });
};
