/**
 * Reads Erlang terms as `io:format("~p.")` writes them, which is how ejabberd dumps its tables.
 */

/** Atoms and binaries become strings, tuples and lists arrays. */
export type ErlangTerm = string | number | ErlangTerm[];

const ESCAPES: Record<string, string> = {
	n: "\n",
	t: "\t",
	r: "\r",
	b: "\b",
	f: "\f",
	v: "\v",
	e: "\x1b",
	s: " ",
};

/**
 * Reads a file of terms, each ended by a full stop.
 *
 * @param bytes the file; what is not ASCII in it is UTF-8 inside binaries, one byte for one character
 * @throws {SyntaxError} when it is something else
 */
export function parseErlangTerms(bytes: Uint8Array): ErlangTerm[] {
	const text = Buffer.from(bytes).toString("latin1");
	let at = 0;

	const take = (token: string): boolean => {
		while (/\s/.test(text[at] ?? "")) at++;
		if (!text.startsWith(token, at)) return false;
		at += token.length;
		return true;
	};
	const fail = (wanted: string): never => {
		throw new SyntaxError(`Erlang terms: expected ${wanted} at ${at}: ${text.slice(at, at + 30)}`);
	};

	const quoted = (quote: string): string => {
		let value = "";
		for (; at < text.length && text[at] !== quote; at++) {
			if (text[at] !== "\\") {
				value += text[at];
				continue;
			}
			const octal = /^[0-7]{1,3}/.exec(text.slice(at + 1, at + 4))?.[0];
			const escaped = text[at + 1] ?? "";
			value += octal ? String.fromCharCode(Number.parseInt(octal, 8)) : (ESCAPES[escaped] ?? escaped);
			at += octal?.length ?? 1;
		}
		at++;
		return value;
	};
	const until = (end: string): ErlangTerm[] => {
		const items: ErlangTerm[] = [];
		while (!take(end)) {
			items.push(read());
			take(",");
		}
		return items;
	};
	const binary = (): string => {
		// Printable ones are written as strings, several where a line ended; others as a list of bytes.
		const latin1 = until(">>")
			.map((part) => (typeof part === "number" ? String.fromCharCode(part) : part))
			.join("");
		return Buffer.from(latin1, "latin1").toString("utf8");
	};
	const read = (): ErlangTerm => {
		if (take("<<")) return binary();
		if (take("{")) return until("}");
		if (take("[")) return until("]");
		if (take('"')) {
			let value = quoted('"');
			// A long string goes on in the next line as another one.
			while (take('"')) value += quoted('"');
			return value;
		}
		if (take("'")) return quoted("'");
		const word = /^(-?\d+(\.\d+(e[-+]?\d+)?)?|[a-z][\w@]*)/.exec(text.slice(at))?.[0] ?? fail("a term");
		at += word.length;
		const number = Number(word);
		return Number.isNaN(number) ? word : number;
	};

	const terms: ErlangTerm[] = [];
	while (text.slice(at).trim() !== "") {
		terms.push(read());
		if (!take(".")) fail("a full stop");
	}
	return terms;
}
