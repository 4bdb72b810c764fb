/** The forms of mod_push_appserver's API as they come in, and its refusals. */
import { lines } from "../lines.ts";
import { Problem } from "../problem.ts";

export type Fields = Readonly<Record<string, string>>;

/** The answer to what is well-formed and still cannot be done. */
export class Refusal extends Error {
	override name = "Refusal";
}

export function refusal(text: string): Response {
	return lines(200, "ERROR", text);
}

/** Reads a form whatever its media type says, as the module does; of a field given twice the last counts. */
export function parseForm(text: string, ...needed: string[]): Fields {
	const fields: Fields = Object.fromEntries(new URLSearchParams(text));
	const missing = needed.filter((name) => !fields[name]);
	if (missing.length > 0) throw new Problem("malformed-body", `Missing: ${missing.join(", ")}.`);
	// What percent-decoding leaves of bytes that are not UTF-8.
	if (Object.values(fields).some((value) => value.includes("\uFFFD"))) {
		throw new Problem("malformed-body", "The fields are not UTF-8.");
	}
	return fields;
}
