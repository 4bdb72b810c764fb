/**
 * Domain names that are not ASCII, in both their forms (RFC 5890 §2.3.2.1): U-labels (`bücher.example`) stand in JIDs
 * (RFC 7622 §3.2), A-labels (`xn--bcher-kva.example`) in DNS and in URLs.
 */

/**
 * The form of JIDs, in lower case.
 * @param domain in either form
 */
export function toULabels(domain: string): string {
	return asciiOf(domain).split(".").map(uLabel).join(".");
}

/**
 * The form of DNS.
 * @param host in either form, or as URLs of other schemes than http have it: with `%` and UTF-8
 */
export function toALabels(host: string): string {
	try {
		return asciiOf(decodeURIComponent(host));
	} catch {
		return host;
	}
}

/** What is ASCII already stays as it is: a URL's host would be read as an address if it looks like one. */
function asciiOf(domain: string): string {
	const lower = domain.toLowerCase();
	return /^[\x21-\x7e]*$/.test(lower) ? lower : (URL.parse(`http://${lower}`)?.hostname ?? lower);
}

/** @returns the label as it is where it is no A-label */
function uLabel(label: string): string {
	if (!label.startsWith("xn--") || label.length > LONGEST_LABEL) return label;
	const decoded = decodePunycode(label.slice("xn--".length));
	// Only what has this one form is that.
	return decoded !== undefined && URL.parse(`http://${decoded}`)?.hostname === label ? decoded : label;
}

/** RFC 1035 §2.3.4 */
const LONGEST_LABEL = 63;

/** Unicode's. */
const LAST_CODE = 0x10ffff;

/** RFC 3492 §5 */
const BASE = 36;
const T_MIN = 1;
const T_MAX = 26;
const SKEW = 38;
const DAMP = 700;
const FIRST_BIAS = 72;
const FIRST_CODE = 128;

/** RFC 3492 §6.2. @returns undefined: it is none */
function decodePunycode(text: string): string | undefined {
	const delimiter = text.lastIndexOf("-");
	const output = [...text.slice(0, Math.max(delimiter, 0))].map((character) => character.charCodeAt(0));
	let code = FIRST_CODE;
	let bias = FIRST_BIAS;
	let i = 0;
	for (let at = delimiter + 1; at < text.length; i++) {
		const before = i;
		let weight = 1;
		for (let k = BASE; ; k += BASE) {
			const digit = digitOf(text[at++]);
			if (digit === undefined) return undefined;
			i += digit * weight;
			const t = Math.min(Math.max(k - bias, T_MIN), T_MAX);
			if (digit < t) break;
			weight *= BASE - t;
		}
		const length = output.length + 1;
		bias = adapted(i - before, length, before === 0);
		code += Math.floor(i / length);
		i %= length;
		if (!(code <= LAST_CODE)) return undefined;
		output.splice(i, 0, code);
	}
	return String.fromCodePoint(...output);
}

function digitOf(character: string | undefined): number | undefined {
	const digit = "abcdefghijklmnopqrstuvwxyz0123456789".indexOf(character ?? "?");
	return digit === -1 ? undefined : digit;
}

/** RFC 3492 §6.1 */
function adapted(delta: number, length: number, isFirst: boolean): number {
	let rest = Math.floor(delta / (isFirst ? DAMP : 2));
	rest += Math.floor(rest / length);
	let k = 0;
	for (; rest > ((BASE - T_MIN) * T_MAX) / 2; k += BASE) rest = Math.floor(rest / (BASE - T_MIN));
	return k + Math.floor(((BASE - T_MIN + 1) * rest) / (rest + SKEW));
}
