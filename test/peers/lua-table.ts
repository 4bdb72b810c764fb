/**
 * Reads the Lua table literals in which Prosody's internal storage keeps what it knows, and writes strings in
 * that form.
 */

/** What a literal can hold. Positional entries get the keys "1", "2", and so on, as in Lua. */
export type LuaValue = string | number | boolean | null | LuaTable;
export interface LuaTable {
	[key: string]: LuaValue;
}

const ESCAPES: Record<string, string> = { n: "\n", t: "\t", r: "\r", a: "\x07", b: "\b", f: "\f", v: "\v" };

/**
 * Reads a file of Prosody's storage: `return { … };`.
 *
 * @param bytes the file; its strings are UTF-8
 * @throws {SyntaxError} when it is something else
 */
export function parseLuaData(bytes: Uint8Array): LuaValue {
	// Lua knows bytes only: one character for one byte here, and UTF-8 again where a string ends.
	const text = Buffer.from(bytes).toString("latin1");
	let at = 0;

	const skip = () => {
		while (/\s/.test(text[at] ?? "")) at++;
	};
	const fail = (wanted: string): never => {
		throw new SyntaxError(`Lua data: expected ${wanted} at ${at}: ${text.slice(at, at + 30)}`);
	};
	const take = (token: string): boolean => {
		skip();
		if (!text.startsWith(token, at)) return false;
		at += token.length;
		return true;
	};
	const expect = (token: string) => {
		if (!take(token)) fail(token);
	};

	const string = (quote: string): string => {
		let value = "";
		while (at < text.length && text[at] !== quote) {
			const char = text[at++] ?? "";
			if (char !== "\\") {
				value += char;
				continue;
			}
			const digits = /^\d{1,3}/.exec(text.slice(at, at + 3))?.[0];
			if (digits !== undefined) {
				value += String.fromCharCode(Number(digits));
				at += digits.length;
			} else {
				const escaped = text[at++] ?? "";
				value += ESCAPES[escaped] ?? escaped;
			}
		}
		at++;
		return Buffer.from(value, "latin1").toString("utf8");
	};

	const table = (): LuaTable => {
		const value: LuaTable = {};
		let position = 1;
		while (!take("}")) {
			if (at >= text.length) fail("}");
			if (take("[")) {
				const key = read();
				expect("]");
				expect("=");
				value[String(key)] = read();
			} else {
				const name = /^[A-Za-z_]\w*(?=\s*=[^=])/.exec(text.slice(at))?.[0];
				if (name !== undefined) {
					at += name.length;
					expect("=");
					value[name] = read();
				} else {
					value[String(position++)] = read();
				}
			}
			if (!take(";")) take(",");
		}
		return value;
	};

	const read = (): LuaValue => {
		if (take("{")) return table();
		if (take('"')) return string('"');
		if (take("'")) return string("'");
		const word = /^[-+\w.]+/.exec(text.slice(at))?.[0] ?? fail("a value");
		at += word.length;
		if (word === "true" || word === "false") return word === "true";
		if (word === "nil") return null;
		const number = Number(word);
		return Number.isNaN(number) ? fail("a number") : number;
	};

	expect("return");
	return read();
}

/** A string as Lua source. */
export function luaString(value: string): string {
	return `"${value.replace(/[\\"]/g, "\\$&").replaceAll("\n", "\\n").replaceAll("\r", "\\r").replaceAll("\0", "\\0")}"`;
}
