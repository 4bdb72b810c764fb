/**
 * Reads what Prosody's internal storage writes: `return { … };` with a table of strings, numbers and booleans, as
 * util.serialization of 0.9 and later writes it. It is data, and nothing of it is ever run.
 */

/** A table's entries by key; numbers and booleans as they are written. Tables inside are passed over. */
export type LuaRecord = ReadonlyMap<string, string>;

const ESCAPES: Readonly<Record<string, number>> = {
	a: 7,
	b: 8,
	t: 9,
	n: 10,
	v: 11,
	f: 12,
	r: 13,
	"\\": 92,
	'"': 34,
	"'": 39,
	"\n": 10,
};

/** Deeper is nothing that a storage of records writes. */
const DEEPEST = 20;

/**
 * @param bytes a whole file
 * @throws {SyntaxError} saying at which byte; nothing of the file is quoted
 */
export function parseLuaRecord(bytes: Uint8Array): LuaRecord {
	// Lua knows bytes only: one character for one byte here, and UTF-8 again where a string ends.
	const text = Buffer.from(bytes).toString("latin1");
	// A mark at its beginning is the string's own: without it a node would be another one.
	const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
	let at = 0;

	const fail = (wanted: string): never => {
		throw new SyntaxError(`expected ${wanted} at byte ${at}`);
	};
	/** Passes over what a sticky pattern finds here. */
	const match = (pattern: RegExp): string | undefined => {
		pattern.lastIndex = at;
		const found = pattern.exec(text)?.[0];
		at += found?.length ?? 0;
		return found;
	};
	const take = (token: string): boolean => {
		match(/\s*/y);
		if (!text.startsWith(token, at)) return false;
		at += token.length;
		return true;
	};
	const need = (token: string) => {
		if (!take(token)) fail(token);
	};

	/** Behind its opening quote. */
	const string = (): string => {
		const value: number[] = [];
		for (;;) {
			const code = text.charCodeAt(at++);
			if (Number.isNaN(code)) fail("the end of a string");
			if (code === 34) break;
			if (code !== 92) {
				value.push(code);
				continue;
			}
			const decimal = match(/\d{1,3}/y);
			const escaped = decimal === undefined ? ESCAPES[text[at++] ?? ""] : Number(decimal);
			if (escaped === undefined || escaped > 255) fail("a known escape");
			else value.push(escaped);
		}
		try {
			return utf8.decode(new Uint8Array(value));
		} catch {
			return fail("UTF-8 before here");
		}
	};

	const scalar = (): string => {
		if (take('"')) return string();
		match(/\s*/y);
		return (
			match(/true|false|nil|\(-?[01]\/0\)|-?(\d+(\.\d*)?([eE][-+]?\d+)?|0x[\da-fA-F]+)/y) ?? fail("a value")
		);
	};

	const table = (depth: number): LuaRecord => {
		if (depth > DEEPEST) fail("fewer tables in tables");
		const record = new Map<string, string>();
		let position = 1;
		while (!take("}")) {
			let key = String(position);
			if (take("[")) {
				key = scalar();
				need("]");
				need("=");
			} else position++;
			if (take("{")) table(depth + 1);
			else record.set(key, scalar());
			if (!take(";") && !take(",")) {
				need("}");
				break;
			}
		}
		return record;
	};

	need("return");
	need("{");
	const record = table(1);
	take(";");
	match(/\s*/y);
	if (at < text.length) fail("the end");
	return record;
}
