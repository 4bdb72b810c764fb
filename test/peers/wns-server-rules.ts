/**
 * What WNS demands of a notification, whoever it is for; and whether Windows could read its XML.
 */

/** Why a notification is refused: the HTTP status, and what `X-WNS-Error-Description` says. */
export interface Refusal {
	status: number;
	message: string;
}

const MAXIMUM_BODY = 5000;
const CONTENT_TYPES: Readonly<Record<string, string>> = {
	"wns/raw": "application/octet-stream",
	"wns/toast": "text/xml",
	"wns/badge": "text/xml",
	"wns/tile": "text/xml",
};

/** Applies the rules, in the order in which they are checked. @returns the first broken one */
export function notificationFault(headers: Headers, body: string): Refusal | undefined {
	const type = headers.get("x-wns-type") ?? "";
	const contentType = CONTENT_TYPES[type];
	if (contentType === undefined) return { status: 400, message: `X-WNS-Type is ${type}` };
	if (headers.get("content-type") !== contentType)
		return { status: 400, message: `Content-Type is ${headers.get("content-type")}` };
	if (headers.get("content-length") === null) return { status: 400, message: "no Content-Length" };
	const policy = headers.get("x-wns-cache-policy");
	if (policy !== null && policy !== "cache" && policy !== "no-cache")
		return { status: 400, message: `X-WNS-Cache-Policy is ${policy}` };
	const ttl = headers.get("x-wns-ttl");
	if (ttl !== null && !/^[1-9]\d{0,9}$/.test(ttl)) return { status: 400, message: `X-WNS-TTL is ${ttl}` };
	if (!/^(true|false)$/.test(headers.get("x-wns-requestforstatus") ?? "false"))
		return { status: 400, message: "X-WNS-RequestForStatus is neither true nor false" };
	const bytes = Buffer.byteLength(body);
	if (bytes > MAXIMUM_BODY) return { status: 413, message: `a body of ${bytes} bytes` };
	if (contentType === "text/xml" && !readToast(body)) return { status: 400, message: "bad XML" };
	return undefined;
}

const TEXT = /[\t\n\r\x20-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/u.source;
const CHARACTER = `(?:(?![<&"])${TEXT}|&(?:amp|lt|gt|quot|apos);)`;
const TOAST = new RegExp(
	`^<toast launch="(${CHARACTER}*)"><visual><binding template="ToastGeneric">` +
		`((?:<text>${CHARACTER}*</text>)+)</binding></visual></toast>$`,
	"u",
);

/** Reads a toast. @returns what opens the app and the lines shown; undefined if it is not well-formed XML 1.0 */
export function readToast(xml: string): { launch: string; lines: string[] } | undefined {
	const [, launch, texts] = TOAST.exec(xml) ?? [];
	if (launch === undefined || texts === undefined) return undefined;
	const lines = [...texts.matchAll(/<text>([^<]*)<\/text>/g)].map(([, text]) => plain(text ?? ""));
	return { launch: plain(launch), lines };
}

function plain(text: string): string {
	const characters: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };
	return text.replace(/&(\w+);/g, (_, name: string) => characters[name] ?? "");
}
