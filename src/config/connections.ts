/**
 * The XMPP connections: tables `[[connection]]` of reveille.toml, and one from environment variables. Each is an
 * ordinary account over WebSocket (RFC 7395) or a component over TCP (XEP-0114): the service's URL says which. Without
 * one it is an account, whose server is found by its domain (XEP-0156).
 */
import { toULabels } from "../syntax/domain-name.ts";
import { isDomainPart, isLocalPart, isResourcePart } from "../syntax/jid-syntax.ts";
import { pemLines } from "../syntax/pem.ts";
import { nearest } from "../syntax/spelling.ts";

interface Common {
	/** The JID that users' servers publish to. */
	address: string;
	domain: string;
	/** A component's is its secret. */
	password: string;
	/** Domains or bare JIDs that may register at this address; `*` is everybody. */
	allow: readonly string[];
	/** A pubsub service that takes the publishes in for this connection; missing: it serves them itself. */
	pubsubHost?: string;
	/** What it is called in reveille.toml; missing: it is the one of the environment variables. */
	table?: string;
}

/** An ordinary account on an XMPP server. */
export interface XmppAccount extends Common {
	kind: "account";
	/** The server's URL; missing: it is found by the domain. */
	service?: string;
	username: string;
	resource: string;
	/** Takes the address also from a Reveille of another database. */
	takeAddress?: boolean;
	/** What its certificate is checked by, in place of the usual authorities. */
	ca?: Trusted;
}

/** Certificates in PEM: the server's own, or those of who signed it. Or the SHA-256 of the server's own, 64 hex digits. */
export type Trusted = { pem: string } | { sha256: string };

/** A domain of its own, which the server hands over to whoever knows the secret. */
export interface XmppComponent extends Common {
	kind: "component";
	/** The server's URL. */
	service: string;
}

export type XmppConnection = XmppAccount | XmppComponent;

/** Of an account's address, for variables and tables alike. */
export const DEFAULT_RESOURCE = "push";

const FIELDS = ["service", "domain", "username", "password", "resource", "pubsub_host", "ca"] as const;
export type ConnectionField = (typeof FIELDS)[number];
export type ConnectionFields = { [Field in ConnectionField]?: string };

/** The one field of a table that is no text. */
const TAKE_ADDRESS = "take_address";

const NEEDS = {
	account: ["service", "username", "password"],
	component: ["service", "domain", "password"],
} as const satisfies Record<string, readonly ConnectionField[]>;

const variableOf = (field: ConnectionField) => `XMPP_${field.toUpperCase()}`;

/** What to call a field of a connection, for its operator. */
export const settingOf = ({ table }: XmppConnection, field: ConnectionField) =>
	table === undefined ? variableOf(field) : `${field} of ${table}`;

/** What to call, for its operator, the setting that takes an address from another Reveille. */
export const takeAddressOf = ({ table }: XmppConnection) =>
	table === undefined ? "XMPP_TAKE_ADDRESS=true" : `${TAKE_ADDRESS} = true in ${table}`;

/** What to look at where a connection's server is wrong: its URL, or what it is found by. */
export const serviceSettingOf = (connection: XmppConnection) =>
	settingOf(connection, connection.service === undefined ? "domain" : "service");

/** A URL as it may be shown: it may carry a password or a token before its host, or in its query. */
export function shownUrl(url: string): string {
	const { protocol, host, pathname } = new URL(url);
	return protocol === "file:" ? url : `${protocol}//${host}${pathname === "/" ? "" : pathname}`;
}

/**
 * Makes a connection of its fields.
 * @param fields as an operator wrote them; the environment's service is known to be a URL
 * @param options.table what to call it; undefined: its fields are environment variables
 * @param options.allow XMPP_ALLOW, for every connection; undefined: an account answers for its own domain's users,
 *   and a component for everybody's
 * @param options.takeAddress XMPP_TAKE_ADDRESS, or its table's own word
 * @param problems gets a sentence for each thing that is wrong; no value is quoted
 */
export function connectionOf(
	fields: ConnectionFields,
	options: { table?: string; allow?: readonly string[] | undefined; takeAddress?: boolean | undefined },
	problems: string[],
): XmppConnection | undefined {
	const { table, allow, takeAddress = false } = options;
	const name = (field: ConnectionField) => (table === undefined ? variableOf(field) : field);
	const found: string[] = [];
	const problem = (sentence: string) =>
		void found.push(table === undefined ? sentence : `${table}: ${sentence}`);
	const url = URL.parse(fields.service ?? "");
	const kind = url?.protocol === "xmpp:" ? "component" : "account";
	if (fields.service !== undefined && !(url?.hostname && ["ws:", "wss:", "xmpp:"].includes(url.protocol))) {
		problem(
			`${name("service")} must be a URL that begins wss:// or ws:// (an account: wss://example.net:5281/xmpp-websocket) or xmpp:// (a component: xmpp://127.0.0.1:5347).`,
		);
	}
	if (url?.username || url?.password) {
		const others = kind === "account" ? `${name("username")} and ${name("password")}` : name("password");
		problem(`${name("service")} must not hold a user name or a password: set ${others}.`);
	}
	const { local, behind } = splitUsername(fields.username);
	const isFound =
		fields.service === undefined && local !== undefined && (behind ?? fields.domain) !== undefined;
	for (const field of NEEDS[kind]) {
		if (fields[field] === undefined && !(field === "service" && isFound)) {
			const needs = NEEDS[kind].map(name).join(", ");
			problem(
				`${name(field)} is missing: ${kind === "account" ? "an XMPP account" : "a component"} needs ${needs}.` +
					(field === "service" && local !== undefined
						? ` Or write ${name("username")} with its domain, name@domain: the server is then found by it.`
						: ""),
			);
		}
	}
	for (const field of ["username", "resource"] as const) {
		if (kind === "component" && fields[field] !== undefined) {
			problem(
				`${name(field)} is not for a component, which xmpp:// asks for: its address is its domain. An account connects over wss:// or ws://.`,
			);
		}
	}
	const ca = trustedIn(fields.ca);
	for (const sentence of malformed(fields, name)) problem(sentence);
	if (fields.ca !== undefined && ca === undefined) {
		problem(
			`${name("ca")} must be certificates in PEM, or a certificate's fingerprint: sha256: and its 64 hexadecimal digits. A file's path begins with /, ./ or ../.`,
		);
	} else if (ca && url && url.protocol !== "wss:") {
		problem(`${name("ca")} is for wss:// alone: nothing else shows a certificate.`);
	}
	problems.push(...found);
	const { service, password, resource = DEFAULT_RESOURCE } = fields;
	const domain = toULabels(behind ?? fields.domain ?? url?.hostname ?? "");
	if (found.length > 0 || password === undefined) return undefined;
	const common = {
		domain,
		password,
		...(fields.pubsub_host !== undefined && { pubsubHost: toULabels(fields.pubsub_host) }),
		...(table !== undefined && { table }),
	};
	if (local === undefined) {
		if (service === undefined) return undefined;
		return { kind: "component", ...common, service, address: domain, allow: allow ?? ["*"] };
	}
	// As servers write them, who bind the address in their own spelling (RFC 6122, Nodeprep and Resourceprep).
	const user = local.normalize("NFKC").toLowerCase();
	const session = resource.normalize("NFKC");
	return {
		...common,
		kind: "account",
		...(service !== undefined && { service }),
		username: user,
		resource: session,
		address: `${user}@${domain}/${session}`,
		...(takeAddress && { takeAddress }),
		...(ca && { ca }),
		allow: allow ?? [domain],
	};
}

/** A user name may be a whole bare JID. */
function splitUsername(username: string | undefined): { local?: string; behind?: string } {
	if (username === undefined) return {};
	const at = username.indexOf("@");
	return at === -1 ? { local: username } : { local: username.slice(0, at), behind: username.slice(at + 1) };
}

/** @returns a sentence for each part of the address that cannot be one (RFC 7622) */
function* malformed(fields: ConnectionFields, name: (field: ConnectionField) => string): Generator<string> {
	const { local, behind } = splitUsername(fields.username);
	if (behind?.includes("/")) {
		yield `${name("username")} must be name@domain; what stands behind the / is ${name("resource")}.`;
	} else if (
		(local !== undefined && !isLocalPart(local)) ||
		(behind !== undefined && !isDomainPart(behind))
	) {
		yield `${name("username")} must be name@domain, or the name alone, without blanks and without any of " & ' / : < >.`;
	} else if (
		behind !== undefined &&
		fields.domain !== undefined &&
		toULabels(behind) !== toULabels(fields.domain)
	) {
		yield `${name("username")} has another domain than ${name("domain")}: leave one of them out.`;
	}
	for (const field of ["domain", "pubsub_host"] as const) {
		const domain = fields[field];
		if (domain !== undefined && !isDomainPart(domain)) yield `${name(field)} must be a domain.`;
	}
	if (fields.resource !== undefined && !isResourcePart(fields.resource)) {
		yield `${name("resource")} must be at most 1023 bytes without control characters.`;
	}
}

/** @returns undefined for what is neither PEM nor a fingerprint */
function trustedIn(ca: string | undefined): Trusted | undefined {
	const text = pemLines(ca ?? "");
	if (/-----BEGIN (TRUSTED )?CERTIFICATE-----/.test(text)) return { pem: text };
	const digits = /^sha-?256[:=]([\da-f:]+)$/i.exec(text)?.[1]?.replaceAll(":", "") ?? "";
	return digits.length === 64 ? { sha256: digits.toLowerCase() } : undefined;
}

/**
 * Reads the tables `[[connection]]`.
 * @param tables what stands under `connection`, unchecked
 * @param defaults.allow XMPP_ALLOW
 * @param defaults.takeAddress XMPP_TAKE_ADDRESS
 * @param problems gets a sentence for each thing that is wrong; no value is quoted
 */
export function parseConnections(
	tables: unknown,
	defaults: { allow: readonly string[] | undefined; takeAddress: boolean | undefined },
	problems: string[],
): XmppConnection[] {
	if (!Array.isArray(tables)) {
		problems.push("A connection is a table [[connection]], with two brackets.");
		return [];
	}
	return tables.flatMap((given: unknown, index) => {
		const table = `[[connection]] ${index + 1}`;
		const fields = fieldsOf(given, table, problems);
		if (!fields) return [];
		const { [TAKE_ADDRESS]: takeAddress = defaults.takeAddress, ...texts } = fields;
		const connection = connectionOf(texts, { table, allow: defaults.allow, takeAddress }, problems);
		if (connection?.kind === "component" && fields[TAKE_ADDRESS] !== undefined)
			problems.push(`${table}: ${TAKE_ADDRESS} is not for a component.`);
		return connection ? [connection] : [];
	});
}

/** @returns undefined if something is wrong with them already */
function fieldsOf(
	given: unknown,
	table: string,
	problems: string[],
): (ConnectionFields & { [TAKE_ADDRESS]?: boolean }) | undefined {
	const found: string[] = [];
	const known: readonly string[] = [...FIELDS, TAKE_ADDRESS];
	for (const [field, value] of Object.entries(given ?? {})) {
		if (!known.includes(field)) {
			const meant = nearest(field, known);
			found.push(
				`${field} is not known${meant ? `: did you mean ${meant}?` : `; known are ${known.join(", ")}.`}`,
			);
		} else if (field === TAKE_ADDRESS) {
			if (typeof value !== "boolean") found.push(`${field} must be true or false.`);
		} else if (typeof value !== "string" || value.trim() === "") {
			found.push(`${field} must be a text.`);
		}
	}
	problems.push(...found.map((sentence) => `${table}: ${sentence}`));
	return found.length > 0 ? undefined : (given as ConnectionFields);
}

/**
 * Two connections with one address would take it from each other; of two with one pubsub host, one would look after
 * nodes that only the other may.
 */
export function checkAddresses(connections: readonly XmppConnection[], problems: string[]): void {
	connections.forEach(({ address, pubsubHost, table }, index) => {
		const before = connections.slice(0, index);
		const nameOf = ({ table: other }: XmppConnection) => other ?? "the environment variables";
		const same = before.find((other) => other.address === address);
		if (same) {
			problems.push(
				`${table}: ${address} is the address of ${nameOf(same)} already: each address is connected once.`,
			);
		}
		const keeper = before.find((other) => pubsubHost !== undefined && other.pubsubHost === pubsubHost);
		if (keeper && !same) {
			problems.push(
				`${table}: ${pubsubHost} is the pubsub host of ${nameOf(keeper)} already: one connection looks after its nodes.`,
			);
		}
	});
}
