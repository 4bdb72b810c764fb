import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { ConfigError, parseConfig } from "../../src/config/config.ts";
import type { XmppAccount } from "../../src/config/connections.ts";
import { settingNames } from "../../src/config/settings.ts";

const KEY = "k".repeat(32);
const PUBLIC_KEY = "B".repeat(87);
const ACCOUNT = {
	XMPP_SERVICE: "wss://xmpp.example.net/ws",
	XMPP_USERNAME: "push",
	XMPP_PASSWORD: "correct horse",
};
const COMPONENT = {
	XMPP_SERVICE: "xmpp://127.0.0.1:5347",
	XMPP_DOMAIN: "Push.example.net",
	XMPP_PASSWORD: "the secret",
};
const HTTP_ROLE = {
	ROLE: "http",
	XMPP_ADDRESS: "push.example.net",
	SECRET_KEY: KEY,
	VAPID_PUBLIC_KEY: PUBLIC_KEY,
	DATABASE_URL: "libsql://db.example.net",
};

function problemsOf(record: Record<string, unknown>): readonly string[] {
	try {
		parseConfig(record);
	} catch (error) {
		if (error instanceof ConfigError) return error.problems;
		throw error;
	}
	return [];
}

/** The names that the problems are about. */
const namesIn = (problems: readonly string[]) => problems.map((problem) => problem.match(/^[A-Z0-9_]+/)?.[0]);

describe("XMPP_ENABLE_FOR", () => {
	const LIST = { XMPP_ENABLE_FOR: "Example.org, xn--bcher-kva.example example.org" };
	const enableFor = { domains: ["example.org", "b\u00fccher.example"], address: "push.example.net" };

	test("lists domains as JIDs have them, each once, for the component that HTTP tells clients", () => {
		expect(parseConfig({ ...COMPONENT, ...LIST }).enableFor).toEqual(enableFor);
		expect(parseConfig({ ...HTTP_ROLE, ...LIST }).enableFor).toEqual(enableFor);
		expect(parseConfig({ ...COMPONENT, ...LIST, XMPP_ADDRESS: "push@push.example.net" }).enableFor).toEqual(
			enableFor,
		);
		expect(parseConfig(COMPONENT).enableFor).toBeUndefined();
	});

	test.each<[string, Record<string, unknown>, string]>([
		["an account", ACCOUNT, "XMPP_ENABLE_FOR needs a component"],
		["no connection", {}, "XMPP_ENABLE_FOR needs an XMPP connection"],
		[
			"an account's address at ROLE=http",
			{ ...HTTP_ROLE, XMPP_ADDRESS: "push@example.net/push" },
			"needs a component",
		],
		[
			"another address than the component's",
			{ ...COMPONENT, XMPP_ADDRESS: "other.example.net" },
			"needs a component",
		],
		["a pubsub host", { ...COMPONENT, XMPP_PUBSUB_HOST: "pubsub.example.net" }, "beside XMPP_PUBSUB_HOST"],
		["a JID", { ...COMPONENT, XMPP_ENABLE_FOR: "romeo@example.org" }, "XMPP_ENABLE_FOR must list domains"],
		["everybody", { ...COMPONENT, XMPP_ENABLE_FOR: "*" }, "XMPP_ENABLE_FOR must list domains"],
		[
			"very many",
			{ ...COMPONENT, XMPP_ENABLE_FOR: Array.from({ length: 1001 }, (_, n) => `d${n}.example`).join() },
			"at most 1000 domains",
		],
	])("with %s is told, and what to do", (_, settings, said) => {
		const problems = problemsOf({ ...LIST, ...settings });
		expect(problems).toHaveLength(1);
		expect(problems[0]).toContain(said);
	});
});

describe("nothing set at all", () => {
	test("works: HTTP and connector on this machine, the data in ./data, XMPP off", () => {
		expect(parseConfig({})).toEqual({
			role: "all",
			host: "127.0.0.1",
			port: 5357,
			trustedProxies: [],
			dataDir: "data",
			secretKeysOld: [],
			registration: { mode: "open" },
			quotas: { owner: 50, address: 1000, host: 10_000 },
			trustDeviceId: false,
			retentionDays: 180,
			database: {},
			outboxSync: "normal",
			connections: [],
			xmppAllow: ["*"],
			publishers: "own",
			push2Relay: false,
			pubsubHosts: [],
			vapid: {},
			apps: [
				{ name: "webpush", service: "webpush", alert: { text: "New message" } },
				{ name: "ubuntu", service: "ubuntu", alert: { text: "New message" } },
			],
			webPush: { allowHosts: [], allowPrivate: false },
			wns: { allowPrivate: false },
			webApp: { open: "xmpp:{jid}", servers: {}, isHttps: false },
			pushIntervalMs: 5000,
			pushTtlSeconds: 28 * 24 * 60 * 60,
			logLevel: "info",
			logOwners: "short",
		});
	});

	test("is the same as everything set to the empty string, as container tools pass what is unset", () => {
		expect(parseConfig(Object.fromEntries(settingNames.map((name) => [name, ""])))).toEqual(parseConfig({}));
	});

	test("is the same as only settings of other programs", () => {
		expect(parseConfig({ PATH: "/bin", HOME: "/root", XMPP_PORT: "nonsense" })).toEqual(parseConfig({}));
	});
});

describe("the XMPP account", () => {
	test("needs a service, a user name and a password; the domain is the service's host, the resource `push`", () => {
		const config = parseConfig(ACCOUNT);
		expect(config.connections).toEqual([
			{
				kind: "account",
				address: "push@xmpp.example.net/push",
				service: "wss://xmpp.example.net/ws",
				domain: "xmpp.example.net",
				username: "push",
				password: "correct horse",
				resource: "push",
				allow: ["xmpp.example.net"],
			},
		]);
		expect(config.pushAddress).toBe("push@xmpp.example.net/push");
	});

	test("may name another domain and resource, in the case that servers compare by", () => {
		const config = parseConfig({
			...ACCOUNT,
			XMPP_USERNAME: "Push",
			XMPP_DOMAIN: "Example.NET",
			XMPP_RESOURCE: "Wake",
		});
		expect(config.pushAddress).toBe("push@example.net/Wake");
	});

	test("may be told to take its address from another Reveille", () => {
		const takes = (value: string) =>
			parseConfig({ ...ACCOUNT, XMPP_TAKE_ADDRESS: value }).connections[0] as XmppAccount;
		expect(takes("true").takeAddress).toBe(true);
		expect(takes("false").takeAddress).toBeUndefined();
		expect(problemsOf({ ...ACCOUNT, XMPP_TAKE_ADDRESS: "perhaps" })).toEqual([
			"XMPP_TAKE_ADDRESS must be true or false.",
		]);
	});

	test("may be under names that are not ASCII: JIDs have them as they are read, however they were written", () => {
		const idn = { ...ACCOUNT, XMPP_USERNAME: "Pu\u0308sh", XMPP_SERVICE: "wss://b\u00fccher.example/ws" };
		for (const domain of ["", "xn--bcher-kva.example", "B\u00fccher.example"]) {
			const { connections, pushAddress } = parseConfig({ ...idn, XMPP_DOMAIN: domain });
			expect(connections[0]).toMatchObject({
				domain: "b\u00fccher.example",
				username: "p\u00fcsh",
				allow: ["b\u00fccher.example"],
			});
			expect(pushAddress).toBe("p\u00fcsh@b\u00fccher.example/push");
		}
		expect(parseConfig({ ...idn, XMPP_PUBSUB_HOST: "pubsub.xn--bcher-kva.example" }).pushAddress).toBe(
			"pubsub.b\u00fccher.example",
		);
		const { xmppAllow } = parseConfig({
			...idn,
			XMPP_ALLOW: "xn--bcher-kva.example, R\u00e9mi@xn--bcher-kva.example",
		});
		expect(xmppAllow).toEqual(["b\u00fccher.example", "R\u00e9mi@b\u00fccher.example"]);
		const told = { ...HTTP_ROLE, XMPP_ALLOW: "*", XMPP_ADDRESS: "push@xn--bcher-kva.example/Push" };
		expect(parseConfig(told).pushAddress).toBe("push@b\u00fccher.example/Push");
	});

	test.each([
		[["XMPP_SERVICE"]],
		[["XMPP_USERNAME"]],
		[["XMPP_PASSWORD"]],
		[["XMPP_SERVICE", "XMPP_USERNAME"]],
		[["XMPP_SERVICE", "XMPP_PASSWORD"]],
		[["XMPP_USERNAME", "XMPP_PASSWORD"]],
	] as (keyof typeof ACCOUNT)[][][])("half set, with only %p, names what is missing", (names) => {
		const half = Object.fromEntries(names.map((name) => [name, ACCOUNT[name]]));
		const missing = Object.keys(ACCOUNT).filter((name) => !(name in half));
		expect(namesIn(problemsOf(half))).toEqual(missing);
	});

	test.each(["XMPP_DOMAIN", "XMPP_RESOURCE", "XMPP_PUBSUB_HOST"])(
		"is half set by %s alone: somebody meant to have an account",
		(name) => {
			expect(namesIn(problemsOf({ [name]: "example.net" }))).toEqual(Object.keys(ACCOUNT));
		},
	);

	test("may be written as a whole JID, and without XMPP_SERVICE, which its domain then names", () => {
		const whole = { XMPP_USERNAME: "Push@xn--bcher-kva.example", XMPP_PASSWORD: "correct horse" };
		expect(parseConfig(whole).connections).toEqual([
			{
				kind: "account",
				address: "push@b\u00fccher.example/push",
				domain: "b\u00fccher.example",
				username: "push",
				password: "correct horse",
				resource: "push",
				allow: ["b\u00fccher.example"],
			},
		]);
		const { XMPP_USERNAME, XMPP_PASSWORD } = ACCOUNT;
		const apart = { XMPP_USERNAME, XMPP_PASSWORD, XMPP_DOMAIN: "example.net" };
		expect(parseConfig(apart).connections[0]).toMatchObject({ address: "push@example.net/push" });
		expect(parseConfig(apart).connections[0]).not.toHaveProperty("service");
		const served = parseConfig({ ...ACCOUNT, XMPP_USERNAME: "push@example.net" });
		expect(served.connections[0]).toMatchObject({
			address: "push@example.net/push",
			service: "wss://xmpp.example.net/ws",
		});
	});

	test("with a name alone and nothing else says how to have the server found", () => {
		const problems = problemsOf({ XMPP_USERNAME: "push", XMPP_PASSWORD: "correct horse" });
		expect(problems.join()).toContain("write XMPP_USERNAME with its domain, name@domain");
	});

	test.each([
		["XMPP_USERNAME", "push@example.net/push", "what stands behind the / is XMPP_RESOURCE"],
		["XMPP_USERNAME", "push@exam@ple.net", "name@domain"],
		["XMPP_USERNAME", "push@", "name@domain"],
		["XMPP_USERNAME", "@example.net", "name@domain"],
		["XMPP_USERNAME", "pu sh", "name@domain"],
		["XMPP_USERNAME", "push@other.example", "has another domain than XMPP_DOMAIN"],
		["XMPP_DOMAIN", "example..net", "must be a domain"],
		["XMPP_DOMAIN", "<example.net>", "must be a domain"],
		["XMPP_PUBSUB_HOST", "pubsub.example.net/node", "must be a domain"],
		["XMPP_PUBSUB_HOST", "pub@sub@example.net", "must be a domain"],
		["XMPP_RESOURCE", "x".repeat(1024), "at most 1023 bytes"],
		["XMPP_RESOURCE", "a\u0007b", "control characters"],
		["XMPP_ADDRESS", "foo@bar@baz", "must be a JID"],
		["XMPP_ADDRESS", "@bar", "must be a JID"],
		["XMPP_ADDRESS", "foo@", "must be a JID"],
		["XMPP_ADDRESS", "foo@bar/", "must be a JID"],
		["XMPP_ADDRESS", "foo bar@baz", "must be a JID"],
		["XMPP_ADDRESS", `${"x".repeat(1024)}@bar`, "must be a JID"],
		["XMPP_ALLOW", "foo@bar@baz", "must list domains"],
		["XMPP_ALLOW", "example..net", "must list domains"],
		["XMPP_ALLOW", '"foo"@bar.example', "must list domains"],
	])("with %s that is no address, %p, is refused, and the value not repeated", (name, value, said) => {
		const problems = problemsOf({ ...ACCOUNT, XMPP_DOMAIN: "example.net", [name]: value });
		expect(namesIn(problems)).toEqual([name]);
		expect(problems.join()).toContain(said);
		expect(problems.join()).not.toContain(value);
	});

	test.each([
		["XMPP_ADDRESS", "foo@bar/b@z and more/"],
		["XMPP_ADDRESS", "[2001:db8::1]"],
		["XMPP_ALLOW", "10.0.0.1, a_b.example, foo+bar@example.net"],
		["XMPP_RESOURCE", "p\u00fcsh to/me@home"],
	])("with %s that is unusual, %p, is taken", (name, value) => {
		expect(() => parseConfig({ ...ACCOUNT, [name]: value })).not.toThrow();
	});

	const PEM = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----";
	const DIGITS = "0123456789abcdef".repeat(4);

	test("may say which certificate is trusted: PEM, its lines apart or not, or a fingerprint as openssl prints it", () => {
		const trusted = (XMPP_CA: string) => {
			const [connection] = parseConfig({ ...ACCOUNT, XMPP_CA }).connections;
			return connection?.kind === "account" ? connection.ca : undefined;
		};
		expect(trusted(PEM)).toEqual({ pem: PEM });
		expect(trusted(PEM.replaceAll("\n", "\\n"))).toEqual({ pem: PEM });
		expect(trusted(`sha256:${DIGITS}`)).toEqual({ sha256: DIGITS });
		const withColons = DIGITS.toUpperCase().replace(/(..)(?=.)/g, "$1:");
		expect(trusted(`sha256:${withColons}`)).toEqual({ sha256: DIGITS });
		expect(trusted(`SHA256=${withColons}`)).toEqual({ sha256: DIGITS });
	});

	test.each([
		["sesame", ACCOUNT],
		["sha256:0123", ACCOUNT],
		[`sha1:${DIGITS}`, ACCOUNT],
		["-----BEGIN PRIVATE KEY-----\nsesame", ACCOUNT],
		[PEM, { ...ACCOUNT, XMPP_SERVICE: "ws://127.0.0.1:5280/ws" }],
		[PEM, COMPONENT],
	])("with XMPP_CA that cannot be meant, %p, is refused", (XMPP_CA, others) => {
		const problems = problemsOf({ ...others, XMPP_CA });
		expect(namesIn(problems)).toEqual(["XMPP_CA"]);
		expect(problems.join()).not.toContain("sesame");
	});

	test("with a path as XMPP_CA that does not look like one, is told how a path begins", () => {
		expect(problemsOf({ ...ACCOUNT, XMPP_CA: "certs/ca.pem" }).join()).toContain(
			"path begins with /, ./ or ../",
		);
	});

	test.each(["wss://push:sesame@example.net/ws", "wss://sesame@example.net/ws", "ws://:sesame@localhost/ws"])(
		"has its password in a setting of its own: %s is refused, and not repeated",
		(service) => {
			expect(problemsOf({ ...ACCOUNT, XMPP_SERVICE: service })).toEqual([
				"XMPP_SERVICE must not hold a user name or a password: set XMPP_USERNAME and XMPP_PASSWORD.",
			]);
			expect(problemsOf({ ...COMPONENT, XMPP_SERVICE: "xmpp://push:sesame@127.0.0.1:5347" })).toEqual([
				"XMPP_SERVICE must not hold a user name or a password: set XMPP_PASSWORD.",
			]);
		},
	);

	test("is not the only one: PUBLIC_URL, which everybody is told, holds none either", () => {
		expect(problemsOf({ PUBLIC_URL: "https://me:sesame@push.example" })).toEqual([
			"PUBLIC_URL must not hold a user name or a password.",
		]);
	});

	test("is not missing what is only wrong: a bad XMPP_SERVICE is told once", () => {
		expect(problemsOf({ ...ACCOUNT, XMPP_SERVICE: "example.net" })).toHaveLength(1);
	});

	test("is neither used nor asked for with ROLE=http", () => {
		expect(parseConfig({ ...HTTP_ROLE, XMPP_USERNAME: "push" }).connections).toEqual([]);
	});

	test("may have a pubsub service take the publishes in", () => {
		const { connections } = parseConfig({ ...ACCOUNT, XMPP_PUBSUB_HOST: "PubSub.example.net" });
		expect(connections[0]?.pubsubHost).toBe("pubsub.example.net");
	});
});

describe("a component", () => {
	test("is what xmpp:// asks for: with its domain, which is the address, and its secret; everybody may register", () => {
		const config = parseConfig(COMPONENT);
		expect(config.connections).toEqual([
			{
				kind: "component",
				address: "push.example.net",
				service: "xmpp://127.0.0.1:5347",
				domain: "push.example.net",
				password: "the secret",
				allow: ["*"],
			},
		]);
		expect(config.pushAddress).toBe("push.example.net");
		expect(config.registration).toEqual({ mode: "open" });
	});

	test.each(["XMPP_DOMAIN", "XMPP_PASSWORD"])("without %s says that it is missing", (name) => {
		expect(namesIn(problemsOf({ ...COMPONENT, [name]: "" }))).toEqual([name]);
	});

	test.each(["XMPP_USERNAME", "XMPP_RESOURCE"])("with %s is refused: somebody meant an account", (name) => {
		expect(namesIn(problemsOf({ ...COMPONENT, [name]: "push" }))).toEqual([name]);
	});

	test.each(["xmpp:localhost", "xmpp://", "https://example.net", "tcp://example.net"])(
		"or an account is not at %s",
		(service) => {
			expect(namesIn(problemsOf({ ...COMPONENT, XMPP_SERVICE: service }))).toEqual(["XMPP_SERVICE"]);
		},
	);

	test("has a domain, not a JID", () => {
		expect(namesIn(problemsOf({ ...COMPONENT, XMPP_DOMAIN: "push@example.net" }))).toEqual(["XMPP_DOMAIN"]);
	});

	test("with XMPP_ALLOW lets only those register", () => {
		const config = parseConfig({ ...COMPONENT, XMPP_ALLOW: "example.net" });
		expect(config.connections[0]?.allow).toEqual(["example.net"]);
		expect(config.registration).toEqual({ mode: "token" });
	});
});

describe("tables [[connection]]", () => {
	const component = { service: "xmpp://127.0.0.1:5347", domain: "push.example.net", password: "s" };
	const account = { service: "wss://a.example/ws", username: "push", password: "s" };
	const problemsWith = (tables: unknown, record: Record<string, unknown> = {}): readonly string[] => {
		try {
			parseConfig(record, tables);
		} catch (error) {
			if (error instanceof ConfigError) return error.problems;
			throw error;
		}
		return [];
	};

	test("stand beside the connection of the environment, which comes first and whose address HTTP gives out", () => {
		const config = parseConfig(ACCOUNT, [
			component,
			{ ...account, resource: "Wake", pubsub_host: "p.example" },
		]);
		expect(config.connections.map(({ kind, address }) => `${kind} ${address}`)).toEqual([
			"account push@xmpp.example.net/push",
			"component push.example.net",
			"account push@a.example/Wake",
		]);
		expect(config.connections.map(({ allow }) => allow)).toEqual([
			["xmpp.example.net"],
			["*"],
			["a.example"],
		]);
		expect(config.connections[2]?.pubsubHost).toBe("p.example");
		expect(config.pushAddress).toBe("push@xmpp.example.net/push");
		expect(config.xmppAllow).toEqual(["xmpp.example.net"]);
	});

	test("HTTP does as the connection whose address it gives out", () => {
		const config = parseConfig({ ...ACCOUNT, XMPP_ADDRESS: "push.example.net" }, [component]);
		expect(config.xmppAllow).toEqual(["*"]);
		expect(config.registration).toEqual({ mode: "open" });
	});

	test("XMPP_ALLOW holds for all of them", () => {
		const config = parseConfig({ XMPP_ALLOW: "example.org" }, [component, account]);
		expect(config.connections.map(({ allow }) => allow)).toEqual([["example.org"], ["example.org"]]);
	});

	test("say for each account whether it takes its address from another Reveille, and XMPP_TAKE_ADDRESS for the others", () => {
		const takes = (tables: object[], record = {}) =>
			parseConfig(record, tables).connections.map((each) => (each as XmppAccount).takeAddress ?? false);
		const other = { ...account, resource: "other" };
		expect(takes([account, { ...other, take_address: true }])).toEqual([false, true]);
		expect(
			takes([account, { ...other, take_address: false }, component], { XMPP_TAKE_ADDRESS: "true" }),
		).toEqual([true, false, false]);
	});

	test.each([
		[
			"a take_address that is a text",
			[{ ...account, take_address: "true" }],
			"take_address must be true or false",
		],
		[
			"a take_address for a component",
			[{ ...component, take_address: true }],
			"take_address is not for a component",
		],
		[
			"an unknown field, naming the nearest",
			[{ ...component, pasword: "x" }],
			"pasword is not known: did you mean password?",
		],
		["an unknown field that is near none", [{ ...component, colour: "x" }], "known are service, domain"],
		["a field that is no text", [{ ...component, password: 7 }], "password must be a text"],
		["an empty field", [{ ...component, password: " " }], "password must be a text"],
		["what is missing", [{ service: "wss://a.example/ws" }], "username is missing"],
		["a user name for a component", [{ ...component, username: "push" }], "username is not for a component"],
		["another scheme", [{ ...component, service: "tcp://host" }], "service must be a URL"],
		["no list of tables", component, "[[connection]]"],
	])("with %s are refused, by number", (_what, tables, sentence) => {
		const problems = problemsWith(tables);
		expect(problems.join("\n")).toContain(sentence);
		if (Array.isArray(tables))
			expect(problems.every((each) => each.startsWith("[[connection]] 1: "))).toBe(true);
	});

	test("with one address twice are refused, in the tables or beside the environment", () => {
		expect(problemsWith([component, { ...component, domain: "Push.Example.net" }])).toEqual([
			"[[connection]] 2: push.example.net is the address of [[connection]] 1 already: each address is connected once.",
		]);
		expect(problemsWith([component], COMPONENT).join()).toContain("of the environment variables already");
	});

	test("with one pubsub host twice are refused: the nodes there are those of one of them", () => {
		const pubsub = { ...component, pubsub_host: "pubsub.example.net" };
		expect(problemsWith([pubsub, { ...pubsub, domain: "push2.example.net" }])).toEqual([
			"[[connection]] 2: pubsub.example.net is the pubsub host of [[connection]] 1 already: one connection looks after its nodes.",
		]);
		expect(problemsWith([pubsub, { ...component, domain: "push2.example.net" }])).toEqual([]);
	});

	test("are enough for ROLE=connector, and nothing to ROLE=http", () => {
		expect(problemsWith([component], { ROLE: "connector" })).toEqual([]);
		expect(parseConfig(HTTP_ROLE, [{ nonsense: true }]).connections).toEqual([]);
	});
});

describe("ROLE=http", () => {
	test("works with the address to give out, the keys' public and secret halves, and the shared database", () => {
		const config = parseConfig(HTTP_ROLE);
		expect(config.role).toBe("http");
		expect(config.pushAddress).toBe("push.example.net");
		expect(config.vapid).toEqual({ publicKey: PUBLIC_KEY });
	});

	test.each(["XMPP_ADDRESS", "SECRET_KEY", "VAPID_PUBLIC_KEY", "DATABASE_URL"])(
		"without %s says that it is missing",
		(name) => {
			expect(namesIn(problemsOf({ ...HTTP_ROLE, [name]: "" }))).toEqual([name]);
		},
	);

	test("alone names everything it needs at once", () => {
		expect(namesIn(problemsOf({ ROLE: "http" }))).toEqual([
			"XMPP_ADDRESS",
			"SECRET_KEY",
			"VAPID_PUBLIC_KEY",
			"DATABASE_URL",
		]);
	});

	test("takes the private VAPID key instead of the public one", () => {
		const { VAPID_PUBLIC_KEY: _, ...rest } = HTTP_ROLE;
		expect(problemsOf({ ...rest, VAPID_PRIVATE_KEY: "private" })).toEqual([]);
	});

	test("the other roles need none of it", () => {
		for (const ROLE of ["all", "connector"]) expect(problemsOf({ ...ACCOUNT, ROLE })).toEqual([]);
	});
});

describe("the database", () => {
	test("may be a file, a libSQL server, or its HTTP address", () => {
		for (const url of ["file:/var/lib/reveille.db", "libsql://db.example", "http://127.0.0.1:8080"])
			expect(parseConfig({ DATABASE_URL: url }).database).toEqual({ url });
	});

	test("half set, with a token and no address, names the address", () => {
		expect(namesIn(problemsOf({ DATABASE_AUTH_TOKEN: "token" }))).toEqual(["DATABASE_URL"]);
		expect(
			parseConfig({ DATABASE_URL: "libsql://db.example", DATABASE_AUTH_TOKEN: "token" }).database,
		).toEqual({ url: "libsql://db.example", authToken: "token" });
	});
});

describe("the debug pages", () => {
	test("are off, and on for whoever has the ADMIN_TOKEN", () => {
		expect(parseConfig({ ADMIN_TOKEN: KEY }).debugPages).toBeUndefined();
		expect(parseConfig({ ADMIN_TOKEN: KEY, DEBUG_PAGES: "false" }).debugPages).toBeUndefined();
		expect(parseConfig({ ADMIN_TOKEN: KEY, DEBUG_PAGES: "true" }).debugPages).toEqual({ adminToken: KEY });
	});

	test("half set, without the token, name it", () => {
		expect(namesIn(problemsOf({ DEBUG_PAGES: "true" }))).toEqual(["ADMIN_TOKEN"]);
		expect(problemsOf({ DEBUG_PAGES: "true", ADMIN_TOKEN: "short" })).toHaveLength(1);
		expect(problemsOf({ DEBUG_PAGES: "false" })).toEqual([]);
	});
});

describe("who may register", () => {
	const registration = (record: Record<string, string>) => parseConfig(record).registration;

	test("with an account: the account's own domain over XMPP, and over HTTP only with a token", () => {
		const config = parseConfig(ACCOUNT);
		expect(config.xmppAllow).toEqual(["xmpp.example.net"]);
		expect(config.registration).toEqual({ mode: "token" });
	});

	test("with ROLE=http beside a connector with an account: the same", () => {
		const beside = { ...HTTP_ROLE, XMPP_ADDRESS: "push@Example.net/push", REGISTRATION_TOKEN: KEY };
		const config = parseConfig(beside);
		expect(config.xmppAllow).toEqual(["example.net"]);
		expect(config.registration).toEqual({ mode: "token", token: KEY });
		// The database's token is asked for then.
		expect(parseConfig({ ...beside, REGISTRATION_TOKEN: "" }).registration).toEqual({ mode: "token" });
	});

	test("with ROLE=http beside a component: everybody", () => {
		expect(parseConfig(HTTP_ROLE).xmppAllow).toEqual(["*"]);
		expect(registration(HTTP_ROLE)).toEqual({ mode: "open" });
	});

	test("XMPP_ALLOW=* opens HTTP to everybody, and REGISTRATION=token closes it again", () => {
		expect(registration({ ...ACCOUNT, XMPP_ALLOW: "*" })).toEqual({ mode: "open" });
		expect(registration({ ...ACCOUNT, XMPP_ALLOW: "*", REGISTRATION: "token" })).toEqual({ mode: "token" });
	});

	test("a list in XMPP_ALLOW, even an empty one, closes anonymous HTTP", () => {
		expect(parseConfig({ XMPP_ALLOW: "a.example, you@b.example" }).xmppAllow).toEqual([
			"a.example",
			"you@b.example",
		]);
		expect(registration({ XMPP_ALLOW: "a.example" })).toEqual({ mode: "token" });
		expect(registration({ XMPP_ALLOW: "," })).toEqual({ mode: "token" });
	});

	test("REGISTRATION=open where not everybody may register is refused, not obeyed", () => {
		expect(namesIn(problemsOf({ ...ACCOUNT, REGISTRATION: "open" }))).toEqual(["REGISTRATION"]);
		expect(registration({ ...ACCOUNT, REGISTRATION: "open", XMPP_ALLOW: "*" })).toEqual({ mode: "open" });
	});

	test("a REGISTRATION_TOKEN is asked for once it is set", () => {
		expect(registration({ REGISTRATION_TOKEN: KEY })).toEqual({ mode: "token", token: KEY });
	});

	describe("REGISTRATION=jwt", () => {
		const JWKS = "https://chat.example.net/jwks.json";
		const AT_URL = {
			REGISTRATION: "jwt",
			REGISTRATION_JWKS_URL: JWKS,
			PUBLIC_URL: "https://push.example.net",
		};

		test("asks for JWTs, whoever may register over XMPP, at an edge too", () => {
			const audience = ["https://push.example.net", "https://push.example.net/"];
			const expected = { mode: "jwt", key: { jwksUrl: JWKS }, audience } as const;
			for (const others of [{}, ACCOUNT, { ...ACCOUNT, XMPP_ALLOW: "*" }, HTTP_ROLE])
				expect(registration({ ...others, ...AT_URL })).toEqual(expected);
		});

		test("takes a key in place of the URL, an issuer, and an audience in place of PUBLIC_URL", () => {
			const given = {
				REGISTRATION: "jwt",
				REGISTRATION_JWT_KEY: KEY,
				PUBLIC_URL: "https://push.example.net",
				REGISTRATION_JWT_ISSUER: "chat",
				REGISTRATION_JWT_AUDIENCE: "push",
			};
			expect(registration(given)).toEqual({
				mode: "jwt",
				key: { text: KEY },
				issuer: "chat",
				audience: ["push"],
			});
			const path = { ...given, REGISTRATION_JWT_AUDIENCE: "", PUBLIC_URL: "https://example.net/push/" };
			expect(registration(path)).toMatchObject({ audience: ["https://example.net/push/"] });
			expect(parseConfig(path).publicUrl).toBe("https://example.net/push");
		});

		test.each<[string, Record<string, string>, string[]]>([
			["no key", { REGISTRATION_JWKS_URL: "" }, ["REGISTRATION_JWKS_URL"]],
			["two kinds of keys", { REGISTRATION_JWT_KEY: KEY }, ["REGISTRATION_JWT_KEY"]],
			["no audience", { PUBLIC_URL: "" }, ["REGISTRATION_JWT_AUDIENCE"]],
			["a token beside it", { REGISTRATION_TOKEN: KEY }, ["REGISTRATION_TOKEN"]],
			[
				"a URL that anybody can answer for",
				{ REGISTRATION_JWKS_URL: "http://chat.example.net/" },
				["REGISTRATION_JWKS_URL"],
			],
			["a URL that is none", { REGISTRATION_JWKS_URL: "jwks.json" }, ["REGISTRATION_JWKS_URL"]],
			["another mode", { REGISTRATION: "token" }, ["REGISTRATION"]],
			["no mode", { REGISTRATION: "" }, ["REGISTRATION"]],
			["a mode that there is not", { REGISTRATION: "jwks" }, ["REGISTRATION"]],
		])("with %s is refused", (_, change, names) => {
			expect(namesIn(problemsOf({ ...AT_URL, ...change }))).toEqual(names);
		});

		test("a JWKS on this machine may be unencrypted", () => {
			for (const host of ["localhost", "127.0.0.1:8080", "[::1]"])
				expect(registration({ ...AT_URL, REGISTRATION_JWKS_URL: `http://${host}/jwks` }).mode).toBe("jwt");
		});
	});

	test("a REGISTRATION_TOKEN that would not be asked for is refused", () => {
		expect(namesIn(problemsOf({ REGISTRATION: "open", REGISTRATION_TOKEN: KEY }))).toEqual([
			"REGISTRATION_TOKEN",
		]);
	});
});

describe("the contact for push services", () => {
	const subject = (record: Record<string, string>) => parseConfig(record).vapid.subject;

	test("is VAPID_SUBJECT, else PUBLIC_URL", () => {
		expect(subject({ PUBLIC_URL: "https://push.example" })).toBe("https://push.example");
		expect(subject({ PUBLIC_URL: "https://push.example", VAPID_SUBJECT: "mailto:me@example.org" })).toBe(
			"mailto:me@example.org",
		);
	});

	test("is missing where PUBLIC_URL is plain http, which RFC 8292 does not allow", () => {
		expect(subject({ PUBLIC_URL: "http://push.example" })).toBeUndefined();
		expect(namesIn(problemsOf({ VAPID_SUBJECT: "http://push.example" }))).toEqual(["VAPID_SUBJECT"]);
	});
});

describe("values", () => {
	test("lists are separated by commas, white space, or both", () => {
		expect(
			parseConfig({ WEBPUSH_ALLOW_HOSTS: " a.example,b.example\n c.example ," }).webPush.allowHosts,
		).toEqual(["a.example", "b.example", "c.example"]);
	});

	test("proxies are addresses or ranges", () => {
		expect(parseConfig({ TRUSTED_PROXIES: "10.0.0.1 fd00::/8" }).trustedProxies).toEqual([
			"10.0.0.1",
			"fd00::/8",
		]);
		expect(problemsOf({ TRUSTED_PROXIES: "proxy.example other.example" })).toHaveLength(1);
	});

	test("flags are true, 1, yes, on and their opposites", () => {
		for (const on of ["true", "1", "yes", "on", "TRUE"])
			expect(parseConfig({ WEBPUSH_ALLOW_PRIVATE: on }).webPush.allowPrivate).toBe(true);
		for (const off of ["false", "0", "no", "off"])
			expect(parseConfig({ WEBPUSH_ALLOW_PRIVATE: off }).webPush.allowPrivate).toBe(false);
		expect(namesIn(problemsOf({ WEBPUSH_ALLOW_PRIVATE: "maybe" }))).toEqual(["WEBPUSH_ALLOW_PRIVATE"]);
	});

	test("private addresses are allowed for Web Push and for WNS apart", () => {
		expect(parseConfig({ WEBPUSH_ALLOW_PRIVATE: "true" }).wns.allowPrivate).toBe(false);
		expect(parseConfig({ WNS_ALLOW_PRIVATE: "true" })).toMatchObject({
			wns: { allowPrivate: true },
			webPush: { allowPrivate: false },
		});
	});

	test("the throttle and the port can be 0: off, and any that is free", () => {
		const config = parseConfig({ PUSH_INTERVAL_MS: "0", PORT: "0" });
		expect([config.pushIntervalMs, config.port]).toEqual([0, 0]);
	});

	test.each([
		["PORT", "65536"],
		["PORT", "-1"],
		["PORT", "1e3"],
		["PORT", "0x50"],
		["PORT", "80.5"],
		["PORT", "9".repeat(400)],
		["PORT", "Infinity"],
		["PUSH_TTL_S", "2419201"],
		["PUSH_INTERVAL_MS", "3600001"],
		["RETENTION_DAYS", "0"],
		["RETENTION_DAYS", "99999999999999999999"],
		["MAX_REGISTRATIONS_PER_HOST", "9007199254740993"],
	])("%s=%s is out of range or no whole number", (name, value) => {
		const problems = problemsOf({ [name]: value });
		expect(namesIn(problems)).toEqual([name]);
		expect(problems[0]).toMatch(/must be (from \d+ to \d+|a whole number)/);
	});

	test("keys are long enough not to be guessed", () => {
		for (const name of ["SECRET_KEY", "ADMIN_TOKEN", "REGISTRATION_TOKEN"])
			expect(problemsOf({ [name]: "short" }).join()).toContain("openssl rand");
		expect(namesIn(problemsOf({ SECRET_KEY_OLD: `${KEY},short,short` }))).toEqual(["SECRET_KEY_OLD"]);
		expect(parseConfig({ SECRET_KEY_OLD: `${KEY} ${KEY}2` }).secretKeysOld).toEqual([KEY, `${KEY}2`]);
	});
});

describe("a replica of the database", () => {
	const SYNC = { DATABASE_SYNC_URL: "libsql://db.example", DATABASE_AUTH_TOKEN: "token" };

	test("is kept in a file of the data folder, or where DATABASE_URL says, of the server that is written to", () => {
		const server = { url: "libsql://db.example", authToken: "token" };
		expect(parseConfig(SYNC).database).toEqual({ ...server, replica: "file:data/replica.db" });
		expect(parseConfig({ ...SYNC, DATA_DIR: "/var/lib/reveille" }).database.replica).toBe(
			"file:/var/lib/reveille/replica.db",
		);
		expect(parseConfig({ ...SYNC, DATABASE_URL: "file:/ssd/near.db" }).database).toEqual({
			...server,
			replica: "file:/ssd/near.db",
		});
	});

	test("is no server's: the file is named, or nothing", () => {
		expect(problemsOf({ ...SYNC, DATABASE_URL: "libsql://db.example" })).toEqual([
			"DATABASE_URL must begin file: beside DATABASE_SYNC_URL, whose replica it is.",
		]);
	});

	test("is of a server, and gives ROLE=http its database", () => {
		expect(namesIn(problemsOf({ DATABASE_SYNC_URL: "file:x.db" }))).toEqual(["DATABASE_SYNC_URL"]);
		expect(problemsOf({ ...HTTP_ROLE, ...SYNC, DATABASE_URL: "" })).toEqual([]);
	});
});

describe("errors", () => {
	test("all come at once: wrong values and half-set groups", () => {
		const names = namesIn(
			problemsOf({
				PORT: "http",
				LOG_LEVEL: "loud",
				SECRET_KEY: "short",
				XMPP_SERVICE: "example.net",
				XMPP_USERNAME: "push",
				TRUSTED_PROXIES: "proxy.example",
				REGISTRATION: "open",
				XMPP_ALLOW: "example.net",
				DATABASE_AUTH_TOKEN: "token",
			}),
		);
		expect(names.sort()).toEqual([
			"DATABASE_URL",
			"LOG_LEVEL",
			"PORT",
			"REGISTRATION",
			"SECRET_KEY",
			"TRUSTED_PROXIES",
			"XMPP_PASSWORD",
			"XMPP_SERVICE",
		]);
	});

	test("are in the message, one a line", () => {
		const error = new ConfigError(["PORT: must be a whole number.", "ROLE: unknown."]);
		expect(error.message.split("\n")).toHaveLength(3);
	});

	test.each(settingNames)("never quote a value: %s", (name) => {
		const secret = "zQ9~hush~pQ7";
		const full = Object.fromEntries(settingNames.map((other) => [other, `${secret} ${other.length}`]));
		const tries: Record<string, unknown>[] = [
			{ [name]: secret },
			{ ...HTTP_ROLE, [name]: secret },
			{ ...ACCOUNT, REGISTRATION: "open", [name]: secret },
			{ [name]: { secret } },
			full,
		];
		for (const record of tries) {
			try {
				parseConfig(record);
			} catch (error) {
				expect(error).toBeInstanceOf(ConfigError);
				expect((error as Error).message).not.toContain(secret);
			}
		}
	});

	test("are the only way to fail, whatever the settings hold", () => {
		const value = fc.oneof(
			fc.string(),
			fc.webUrl(),
			fc.integer(),
			fc.constant(null),
			fc.constantFrom("*", KEY),
		);
		const record = fc.dictionary(fc.constantFrom(...settingNames), value);
		fc.assert(
			fc.property(record, (settings) => {
				try {
					parseConfig(settings);
				} catch (error) {
					expect(error).toBeInstanceOf(ConfigError);
					expect((error as ConfigError).problems.every((problem) => /^[A-Z0-9_]+\b.+\.$/.test(problem))).toBe(
						true,
					);
				}
			}),
		);
	});
});

describe("the web app", () => {
	const webAppOf = (record: Record<string, string> = {}) => parseConfig(record).webApp;

	test("is on where browsers let its page work: by https, or on this machine", () => {
		expect(webAppOf()).toBeDefined();
		expect(webAppOf({ PUBLIC_URL: "https://push.example.net" })).toMatchObject({ isHttps: true });
		expect(webAppOf({ PUBLIC_URL: "http://localhost:5357" })).toMatchObject({ isHttps: false });
		expect(webAppOf({ PUBLIC_URL: "http://push.example.net" })).toBeUndefined();
		expect(webAppOf({ PUBLIC_URL: "https://push.example.net", WEB_APP: "false" })).toBeUndefined();
		expect(webAppOf({ PUBLIC_URL: "http://localhost:5357", WEB_APP: "true" })).toBeDefined();
		expect(webAppOf({ ...ACCOUNT, ROLE: "connector" })).toBeUndefined();
		expect(webAppOf(HTTP_ROLE)).toMatchObject({ address: "push.example.net" });
	});

	test("cannot be turned on where browsers do not, and is told what to do", () => {
		const [problem = "", ...others] = problemsOf({ PUBLIC_URL: "http://push.example.net", WEB_APP: "true" });
		expect(others).toEqual([]);
		expect(problem).toStartWith("PUBLIC_URL must begin https://");
		expect(problem).toContain("remove WEB_APP");
	});

	test("sends commands to the connection, also where a pubsub service takes the publishes in", () => {
		expect(webAppOf(ACCOUNT)?.address).toBe("push@xmpp.example.net/push");
		const behind = parseConfig({ ...ACCOUNT, XMPP_PUBSUB_HOST: "pubsub.example.net" });
		expect([behind.pushAddress, behind.webApp?.address]).toEqual([
			"pubsub.example.net",
			"push@xmpp.example.net/push",
		]);
		const http = parseConfig({ ...HTTP_ROLE, XMPP_PUBSUB_HOST: "pubsub.example.net" });
		expect([http.pushAddress, http.webApp?.address]).toEqual(["pubsub.example.net", "push.example.net"]);
	});

	test("opens what WEB_APP_OPEN says, if it is a template", () => {
		const open = "https://chat.example.net/#/{jid}";
		expect(webAppOf({ WEB_APP_OPEN: open })?.open).toBe(open);
		expect(problemsOf({ WEB_APP_OPEN: "javascript:{jid}" })).toEqual([
			"WEB_APP_OPEN must begin https:// or xmpp:.",
		]);
	});

	test("is told where servers are, by domains as JIDs have them", () => {
		const servers = (list: string) => webAppOf({ WEB_APP_SERVERS: list })?.servers;
		expect(
			servers(
				"Example.NET=wss://xmpp.example.net:5281/xmpp-websocket, xn--bcher-kva.example=ws://localhost:5280/ws",
			),
		).toEqual({
			"example.net": "wss://xmpp.example.net:5281/xmpp-websocket",
			"b\u00fccher.example": "ws://localhost:5280/ws",
		});
		// A name that objects have of their own accord is a domain like any other.
		expect(Object.keys(servers("__proto__=wss://example.net/ws") ?? {})).toEqual(["__proto__"]);
	});

	test.each([
		"example.net",
		"example.net=https://example.net/ws",
		"example.net=wss://",
		"=wss://example.net/ws",
		"a@example.net=wss://example.net/ws",
		"example.net=wss://user:word@example.net/ws",
		"example.net=wss://example.net/ws#x",
		"example.net=wss://example.net/ws,other",
	])("is not told of servers by %s", (list) => {
		expect(namesIn(problemsOf({ WEB_APP_SERVERS: list }))).toEqual(["WEB_APP_SERVERS"]);
	});

	test("is told of a hundred servers at most", () => {
		const list = (count: number) =>
			Array.from({ length: count }, (_, at) => `d${at}.example=wss://example.net/ws`).join();
		expect(Object.keys(webAppOf({ WEB_APP_SERVERS: list(100) })?.servers ?? {}).length).toBe(100);
		expect(problemsOf({ WEB_APP_SERVERS: list(101) })).toEqual([
			"WEB_APP_SERVERS must list at most 100 domains.",
		]);
	});

	test("of an https page opens no ws://", () => {
		const settings = {
			PUBLIC_URL: "https://push.example.net",
			WEB_APP_SERVERS: "example.net=ws://example.net/ws",
		};
		expect(namesIn(problemsOf(settings))).toEqual(["WEB_APP_SERVERS"]);
	});
});

describe("UNIFIEDPUSH", () => {
	const component = {
		XMPP_SERVICE: "xmpp://127.0.0.1:5347",
		XMPP_DOMAIN: "push.example.net",
		XMPP_PASSWORD: "s",
	};
	const on = { UNIFIEDPUSH: "true", PUBLIC_URL: "https://push.example.net" };

	test("is off by itself, and needs a component and PUBLIC_URL", () => {
		expect(parseConfig({ ...component, PUBLIC_URL: on.PUBLIC_URL }).unifiedPush).toBeUndefined();
		expect(parseConfig({ ...component, ...on }).unifiedPush).toEqual({
			publicUrl: on.PUBLIC_URL,
			endpointLifeMs: 60 * 86_400_000,
		});
		const slash = parseConfig({ ...component, ...on, PUBLIC_URL: `${on.PUBLIC_URL}/` });
		expect([slash.publicUrl, slash.unifiedPush?.publicUrl]).toEqual([on.PUBLIC_URL, on.PUBLIC_URL]);
		// What nobody uses goes before.
		const short = parseConfig({ ...component, ...on, RETENTION_DAYS: "7" });
		expect(short.unifiedPush?.endpointLifeMs).toBe(7 * 86_400_000);
		expect(() => parseConfig({ ...component, UNIFIEDPUSH: "true" })).toThrow("PUBLIC_URL is missing");
		const account = { XMPP_SERVICE: "wss://xmpp.example.net/ws", XMPP_USERNAME: "push", XMPP_PASSWORD: "s" };
		expect(() => parseConfig({ ...account, ...on })).toThrow("UNIFIEDPUSH=true needs a component");
	});
});
