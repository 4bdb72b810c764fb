/**
 * The guard of URLs that clients hand in, as far as the URL itself tells: where it may point. What its name
 * resolves to is checked at each connection, by the `fetch` a service is given.
 *
 * The parser is the one `fetch` uses, so nothing reads differently there: `0x7f.1` and `２１３０７０６４３３` are
 * 127.0.0.1 to both.
 */
import { registrationBounds } from "../limits/bounds/registrations.ts";
import { DeadDevice, InvalidDevice } from "../types.ts";
import { isPublicAddress } from "./public-address.ts";

/** Where endpoints may point, read once from the settings. */
export interface EndpointPolicy {
	readonly rules: readonly HostRule[];
	readonly allowPrivate: boolean;
}

/** One entry of an allow-list. */
interface HostRule {
	/** A host, `*.` and a domain for every host under it, or `*` for every public host. */
	readonly host: string;
	/** As `URL.port` says it: empty for https's own. */
	readonly port: string;
}

/** The push services of the browsers. Their operators answer for what is under these names. */
const PROVIDERS: readonly HostRule[] = [
	{ host: "updates.push.services.mozilla.com", port: "" }, // Firefox
	{ host: "fcm.googleapis.com", port: "" }, // Chrome
	{ host: "jmt17.google.com", port: "" }, // Chromium, and what else is built from it
	{ host: "*.push.apple.com", port: "" }, // Safari: web.push.apple.com
	{ host: "*.notify.windows.com", port: "" }, // Edge: wns2-….notify.windows.com
];

/**
 * Names that no name server knows: RFC 6761 §6 (`localhost`, which is this machine, is refused as private), RFC 7686,
 * RFC 9476. Edge on Android, which has no push service, hands in `permanently-removed.invalid`.
 */
const NEVER_RESOLVES = /(^|\.)(invalid|test|example|onion|alt)$/;

/** Characters a URL never needs unescaped, and that parsers disagree on: blanks, controls, backslash. */
const UNSAFE = /[\p{Cc}\s\\]/u;
/** UnifiedPush: an endpoint is at most this long, bytes. */
const MAX_BYTES = registrationBounds.endpoint.is;

/**
 * Reads the operator's settings.
 * @param settings.allowHosts beside the browsers' push services: `host`, `*.domain` (every host under it), `*` (every
 *   public host), each with `:port` if not 443
 * @param settings.allowPrivate any port, plain http and private addresses too, and private addresses and `localhost`
 *   need no entry: for tests and home networks
 * @throws {Error} with a sentence for the operator if an entry cannot be read
 */
export function endpointPolicy(settings: {
	allowHosts: readonly string[];
	allowPrivate: boolean;
}): EndpointPolicy {
	return { rules: settings.allowHosts.map(hostRule), allowPrivate: settings.allowPrivate };
}

function hostRule(entry: string): HostRule {
	const text = entry.trim();
	const everyHost = /^\*(:|$)/.test(text);
	const wildcard = text.startsWith("*.") ? "*." : "";
	const host = everyHost ? `any.invalid${text.slice(1)}` : text.slice(wildcard.length);
	const url = URL.canParse(`https://${host}/`) ? new URL(`https://${host}/`) : undefined;
	if (!url || UNSAFE.test(host) || /[/@?#*]/.test(host) || url.hostname.endsWith("."))
		throw new Error(`"${entry}" is not a host to allow: write host, *.domain or *, with :port if not 443.`);
	return { host: everyHost ? "*" : `${wildcard}${url.hostname}`, port: url.port };
}

/** Is this one of the browsers' own push services? */
export function isProvider(url: URL): boolean {
	return url.protocol === "https:" && PROVIDERS.some((rule) => matches(rule, url));
}

/**
 * Does somebody answer for this host: a browser's maker, or the operator, who named it? Those that only `*` allows are
 * chosen by clients, and may be anybody's.
 */
export function isAnsweredFor(url: URL, { rules, allowPrivate }: EndpointPolicy): boolean {
	if (isProvider(url)) return true;
	return rules.some(
		(rule) => rule.host !== "*" && matches(allowPrivate ? { ...rule, port: url.port } : rule, url),
	);
}

/** Was this host named itself, not only the domain that it is under? There are few such, whatever clients choose. */
export function isNamed(url: URL, { rules, allowPrivate }: EndpointPolicy): boolean {
	return [...PROVIDERS, ...rules].some(
		(rule) => rule.host === url.hostname && (allowPrivate || rule.port === url.port),
	);
}

/**
 * May a client be told why this host was not reached? Of a host that it chose itself that would say which names there
 * are in our own network; the operator named the others one by one, or lets clients reach private addresses anyway.
 */
export function mayTellWhy(url: URL, { rules, allowPrivate }: EndpointPolicy): boolean {
	return allowPrivate || isProvider(url) || rules.some((rule) => rule.host === url.hostname);
}

/**
 * Reads an endpoint.
 * @returns the URL; its `href` is the endpoint's one spelling, to be stored and compared
 * @throws {InvalidDevice} with a sentence for whoever handed it in
 * @throws {DeadDevice} where nobody can be reached at such a URL, now or later
 */
export function parseEndpoint(text: string, policy: EndpointPolicy): URL {
	if (text.length > MAX_BYTES) throw new InvalidDevice(`The endpoint is longer than ${MAX_BYTES} bytes.`);
	if (UNSAFE.test(text))
		throw new InvalidDevice("The endpoint has a blank, a control character or a backslash.");
	if (!URL.canParse(text)) throw new InvalidDevice("The endpoint is not a URL.");
	const url = new URL(text);
	if (url.protocol !== "https:" && !(policy.allowPrivate && url.protocol === "http:"))
		throw new InvalidDevice("The endpoint must be an https URL.");
	// Counted again as it is stored and sent, where all is ASCII.
	if (url.href.length > MAX_BYTES) throw new InvalidDevice(`The endpoint is longer than ${MAX_BYTES} bytes.`);
	if (text.includes("#")) throw new InvalidDevice("The endpoint must not have a fragment.");
	if (url.username !== "" || url.password !== "")
		throw new InvalidDevice("The endpoint must not have a user name or password.");
	// A name with a dot at its end is the same host in another spelling, and no certificate has it.
	// One with nothing before a dot is no name, and would pass for one under a wildcard's domain.
	if (/^\.|\.\.|\.$/.test(url.hostname))
		throw new InvalidDevice("The endpoint's host has a dot at its beginning or its end, or two in a row.");
	if (neverResolves(url, policy))
		throw new DeadDevice(
			"The endpoint's host has a name that never resolves (RFC 6761), so no push can reach this device.",
		);
	if (!isAllowed(url, policy)) throw new InvalidDevice(refusal(url, policy));
	return url;
}

/** An operator's own name servers may know such a name: where the operator named it, they do. */
function neverResolves(url: URL, policy: EndpointPolicy): boolean {
	return NEVER_RESOLVES.test(url.hostname) && !isAnsweredFor(url, policy);
}

function isAllowed(url: URL, policy: EndpointPolicy): boolean {
	if (policy.allowPrivate && isPrivate(url)) return true;
	const rules = [...PROVIDERS, ...policy.rules];
	return policy.allowPrivate
		? rules.some((rule) => matches({ ...rule, port: url.port }, url))
		: !isPrivate(url) && rules.some((rule) => matches(rule, url));
}

function matches(rule: HostRule, url: URL): boolean {
	if (rule.port !== url.port) return false;
	if (rule.host === "*") return true;
	return rule.host.startsWith("*.") ? url.hostname.endsWith(rule.host.slice(1)) : rule.host === url.hostname;
}

/** Private by its spelling alone: an address that is not public, or this machine's own name. */
function isPrivate(url: URL): boolean {
	const address = literalAddress(url);
	if (address !== undefined) return !isPublicAddress(address);
	return url.hostname === "localhost" || url.hostname.endsWith(".localhost"); // RFC 6761 §6.3
}

/**
 * The address, if the URL's host is one.
 * @returns IPv4 in four decimal parts, or IPv6 without brackets
 */
export function literalAddress(url: URL): string | undefined {
	if (url.hostname.startsWith("[")) return url.hostname.slice(1, -1);
	// The URL parser has turned every number that is an address into four decimal parts.
	return /^\d+\.\d+\.\d+\.\d+$/.test(url.hostname) ? url.hostname : undefined;
}

function refusal(url: URL, policy: EndpointPolicy): string {
	if (isPrivate(url)) return "The endpoint's host is not on the public internet.";
	const elsewhere = [...PROVIDERS, ...policy.rules].some((rule) => matches({ ...rule, port: url.port }, url));
	if (elsewhere) return "The endpoint's port is not allowed here.";
	return `The endpoint's host is not one that this server pushes to: ${url.hostname}. Its operator may add it to WEBPUSH_ALLOW_HOSTS.`;
}
