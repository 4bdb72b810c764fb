/** Reading the JSON of an answer: it may be anything, and nothing here throws. */

/** @returns undefined for what is no JSON */
export function parsed(body: string): unknown {
	try {
		return JSON.parse(body);
	} catch {
		return undefined;
	}
}

/** A field of what may be an object. */
export function field(value: unknown, name: string): unknown {
	return typeof value === "object" && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}

/** What is a list, as one; anything else as an empty one. */
export function list(value: unknown): unknown[] {
	return Array.isArray(value) ? value : [];
}

/** A text that has a certain form: anything else could hold the token. */
export function textIn(value: unknown, form: RegExp): string | undefined {
	return typeof value === "string" && form.test(value) ? value : undefined;
}

/** A body that is not the beginning of a JSON object; one that was cut off may be. */
export const isOtherThanJson = (body: string): boolean => /^\s*[^\s{]/.test(body);
