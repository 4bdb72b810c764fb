/** Reads CSV (RFC 4180) as it streams in: UTF-8, a header, commas, quotes where they are needed. */
import { StartError } from "../../start-error.ts";
import { FIELDS, type Field, type Found } from "./found-registration.ts";

/** No registration is longer, characters: a quote that is never closed must not fill the memory. */
const LONGEST = 65_536;

export interface CsvRecord {
	/** Where it begins, from 1. */
	line: number;
	values: string[];
}

/** @throws {StartError} naming the line, when it is no CSV */
export async function* parseCsv(chunks: AsyncIterable<string>): AsyncGenerator<CsvRecord> {
	let values: string[] = [];
	let value = "";
	let size = 0;
	let line = 1;
	let begins = 1;
	/** `closed`: behind a quote that ends the field, or is the first of two that mean one. */
	let state: "start" | "plain" | "quoted" | "closed" = "start";
	const fail = (problem: string) =>
		new StartError("import-csv-malformed", `Line ${begins} of the CSV: ${problem}.`);

	for await (const chunk of chunks) {
		for (const char of chunk) {
			if (++size > LONGEST) throw fail(`longer than ${LONGEST} characters, or a quote is not closed`);
			if (char === "\n") line++;
			if (state === "quoted") {
				if (char === '"') state = "closed";
				else value += char;
			} else if (char === '"' && state === "closed") {
				value += char;
				state = "quoted";
			} else if (char === '"' && state === "start") {
				state = "quoted";
			} else if (char === "," || char === "\n") {
				// A line ends with CR LF, or LF alone.
				const isPlain = state === "plain" && char === "\n";
				values.push(isPlain && value.endsWith("\r") ? value.slice(0, -1) : value);
				value = "";
				state = "start";
				if (char === ",") continue;
				if (values.length > 1 || values[0] !== "") yield { line: begins, values };
				values = [];
				size = 0;
				begins = line;
			} else if (state === "closed") {
				if (char !== "\r") throw fail("something stands between a closing quote and the comma");
			} else {
				if (char === '"') throw fail("a quote in a field that does not begin with one");
				value += char;
				state = "plain";
			}
		}
	}
	if (state === "quoted") throw fail("a quote is not closed");
	// The last line may lack its end.
	if (value !== "" || values.length > 0) {
		yield { line: begins, values: [...values, state === "plain" ? value.replace(/\r$/, "") : value] };
	}
}

/** @throws {StartError} when the header names no column of ours, or none that is needed */
export async function* readCsv(chunks: AsyncIterable<string>): AsyncGenerator<Found> {
	let header: Field[] | undefined;
	for await (const { line, values } of parseCsv(chunks)) {
		if (!header) {
			header = headerOf(values);
			continue;
		}
		const at = `line ${line}`;
		if (values.length !== header.length) {
			yield { at, fields: {}, unfit: "it has not as many fields as the header" };
			continue;
		}
		const given = header.map((name, index) => [name, values[index]?.trim()]).filter(([, value]) => value);
		yield { at, fields: Object.fromEntries(given) };
	}
}

function headerOf(values: readonly string[]): Field[] {
	const names = values.map((value) => value.trim().toLowerCase());
	const unknown = names.filter((name) => !FIELDS.some((field) => field === name));
	const missing = ["node", "secret", "token"].filter((name) => !names.includes(name));
	if (unknown.length > 0 || missing.length > 0 || new Set(names).size < names.length) {
		const shown = unknown
			.slice(0, 3)
			.map((name) => (name.length <= 30 ? JSON.stringify(name) : "(a long one)"));
		const wrong =
			unknown.length > 0
				? `No column of ours: ${shown.join(", ")}. `
				: missing.length > 0
					? `There is no column ${missing.join(", ")}. `
					: "";
		throw new StartError(
			"import-csv-malformed",
			`${wrong}The first line of the CSV must name the columns: node, secret and token, and of ${FIELDS.filter((name) => !["node", "secret", "token"].includes(name)).join(", ")} those there are, each once.`,
		);
	}
	return names as Field[];
}
