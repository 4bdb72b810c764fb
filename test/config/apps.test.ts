import { describe, expect, test } from "bun:test";
import { AppsError, parseApps } from "../../src/config/apps.ts";
import { ConfigError, parseConfig } from "../../src/config/config.ts";
import { createAppChoice } from "../../src/registering/app-choice.ts";

const APNS = {
	name: "siskin",
	service: "apns",
	key: "K",
	key_id: "KEYID12345",
	team_id: "TEAM123456",
	topic: "org.siskin",
};

const FCM = { name: "conversations", service: "fcm", service_account: "{}" };
const CERT = { name: "a", service: "apns", topic: "org.example.t", cert: "PRIVATE KEY" };
const WNS = { name: "w", service: "wns", package_sid: "s", client_secret: "x" };

function problemsOf(tables: unknown, sends = true): readonly string[] {
	try {
		parseApps(tables, "APPS", sends);
		return [];
	} catch (error) {
		if (error instanceof AppsError) return error.problems;
		throw error;
	}
}

describe("a table", () => {
	test("of APNs with a key becomes an app with its defaults", () => {
		expect(parseApps([APNS], "APPS", true)).toEqual([
			{
				name: "siskin",
				service: "apns",
				alert: { text: "New message" },
				topic: "org.siskin",
				sandbox: false,
				url: undefined,
				credentials: { kind: "token", key: "K", keyId: "KEYID12345", teamId: "TEAM123456" },
			},
		]);
	});

	test("says whether an iPhone's app may change what is shown", () => {
		for (const mutable_content of [true, false])
			expect(parseApps([{ ...APNS, mutable_content }], "APPS", true)[0]).toMatchObject({
				mutableContent: mutable_content,
			});
		expect(problemsOf([{ ...APNS, mutable_content: "false" }])).toEqual([
			"APPS, app siskin: mutable_content must be true or false, without quotes.",
		]);
	});

	test("says how the app's pushes look and what may leave", () => {
		const table = { ...APNS, alert_key: "NEW_MESSAGE", priority: "high", ttl: 3600, include: ["sender"] };
		expect(parseApps([table], "APPS", true)[0]).toMatchObject({
			alert: { locKey: "NEW_MESSAGE" },
			priority: "high",
			ttlSeconds: 3600,
			include: { sender: true, body: false },
		});
	});

	test("says by what the app is chosen, and what its pushes look like inside", () => {
		const table = {
			...APNS,
			address: ["Push.Example.net", "Push@Example.net/Balcony"],
			provider: ["tigase:messenger:apns:1"],
			push_module: ["monalProdiOS"],
			payload: "siskin",
		};
		expect(parseApps([table], "APPS", true)[0]).toMatchObject({
			addresses: ["push.example.net", "push@example.net/Balcony"],
			providers: ["tigase:messenger:apns:1"],
			pushModules: ["monalProdiOS"],
			payload: "siskin",
		});
	});

	test.each([
		["APNs with our own payload", { ...APNS, payload: "reveille" }],
		["FCM with Conversations'", { ...FCM, payload: "conversations" }],
		["Web Push with whatever fits", { name: "w", service: "webpush", payload: "auto" }],
		["a toast with a text", { ...WNS, type: "toast", alert: "Hello" }],
		["Ubuntu's card with a text", { name: "u", service: "ubuntu", alert: "Hello" }],
		["a certificate with its key", { ...CERT, cert: "PEM", cert_key: "PEM" }],
		["a sender that would leave anyway", { name: "w", service: "webpush", include: ["sender"] }],
	])("of %s is right", (_what, table) => {
		expect(problemsOf([table])).toEqual([]);
	});

	test("whose parts exclude each other is refused where nothing is sent, too", () => {
		expect(problemsOf([{ ...CERT, key: "K" }], false)).toEqual(["APPS, app a: give key or cert, not both."]);
	});

	test.each([
		["an unknown field", { ...APNS, tpoic: "x" }, "tpoic is not known: did you mean topic?"],
		[
			"a service there is not",
			{ ...APNS, service: "apn" },
			"service must be one of webpush, apns, fcm, ubuntu, wns",
		],
		["half a key", { ...APNS, key_id: undefined }, "key_id is missing"],
		["no topic", { ...APNS, topic: undefined }, "topic is missing"],
		["a key and a certificate", { ...APNS, cert: "PEM" }, "key or cert, not both"],
		[
			"a certificate without its key",
			{ name: "a", service: "apns", topic: "org.example.t", cert: "PEM" },
			"cert_key is missing",
		],
		["a name with a blank", { ...APNS, name: "my app" }, "name must be"],
		["a priority there is not", { ...APNS, priority: "urgent" }, "priority must be auto, high or silent"],
		["FCM without an account", { name: "f", service: "fcm" }, "service_account is missing"],
		["WNS without a secret", { name: "w", service: "wns", package_sid: "s" }, "client_secret is missing"],
		[
			"WNS with both ways",
			{ name: "w", service: "wns", package_sid: "s", tenant_id: "t", client_secret: "x" },
			"package_sid, or tenant_id and client_id",
		],
		["no table", "siskin", "service must be one of"],
		["two texts", { ...APNS, alert: "Hello", alert_key: "NEW_MESSAGE" }, "give alert or alert_key, not both"],
		["a text that nobody sees", { ...FCM, alert: "Hello" }, "alert and alert_key have no effect: with fcm"],
		[
			"a text's key that nobody sees",
			{ name: "w", service: "webpush", alert_key: "NEW_MESSAGE" },
			"alert and alert_key have no effect: with webpush",
		],
		["a text of raw pushes", { ...WNS, alert: "Hello" }, 'alert and alert_key are for type = "toast"'],
		["a certificate and a key's id", { ...CERT, key_id: "KEYID12345" }, "key_id and team_id go with key"],
		["a certificate and a key's team", { ...CERT, team_id: "TEAM123456" }, "key_id and team_id go with key"],
		["a certificate's key beside a key", { ...APNS, cert_key: "PEM" }, "cert_key goes with cert"],
		[
			"a certificate's key alone",
			{ name: "a", service: "apns", topic: "org.example.t", cert_key: "PEM" },
			"cert_key goes with cert",
		],
		[
			"another's payload",
			{ ...APNS, payload: "conversations" },
			'payload = "conversations" is for apps of fcm',
		],
		["another's payload", { ...FCM, payload: "siskin" }, 'payload = "siskin" is for apps of apns'],
		[
			"a payload there is not",
			{ ...FCM, payload: "p2" },
			"payload must be auto, reveille, conversations, siskin or",
		],
		[
			"a module of another service",
			{ name: "w", service: "webpush", push_module: ["monal"] },
			"push_module is for apps of apns and fcm",
		],
		[
			"one module, not a list",
			{ ...APNS, push_module: "monal" },
			"push_module must be a list of module names",
		],
		["no provider", { ...APNS, provider: [] }, "provider must list Tigase's provider names, or be left out"],
		["no address", { ...APNS, address: ["push@"] }, "address.0 must be a domain or a JID"],
	])("with %s says so, with the app's name", (_what, table, sentence) => {
		const problems = problemsOf([JSON.parse(JSON.stringify(table))]);
		expect(problems.join("\n")).toContain(sentence);
		expect(problems[0]).toMatch(/^APPS, app \S+/);
	});

	test("quotes no value of its own", () => {
		const problems = problemsOf([{ ...APNS, key: 5, key_id: "SECRET-ID", sandbox: "SECRET-TEXT" }]);
		expect(problems.length).toBeGreaterThan(1);
		expect(problems.join()).not.toContain("SECRET");
	});
});

test("two apps of one name are refused", () => {
	expect(problemsOf([APNS, APNS])).toEqual(["APPS: two apps are called siskin."]);
});

describe("two apps may not be meant by", () => {
	const other = { ...APNS, name: "beagle", topic: "org.beagle" };
	test.each([
		["one provider", { provider: ["tigase:messenger:apns:1", "x"] }, other, "provider x"],
		["one module", { push_module: ["x"] }, FCM, "push_module x"],
		[
			"one address, of one service",
			{ address: ["push.example.net"] },
			other,
			"address push.example.net for apns",
		],
	])("%s", (_what, both, second, way) => {
		const given = Object.fromEntries(Object.entries(both).map(([field, list]) => [field, list.slice(-1)]));
		expect(
			problemsOf([
				{ ...APNS, ...both },
				{ ...second, ...given },
			]),
		).toEqual([`APPS: siskin and ${second.name} both have ${way}: leave it to one of them.`]);
	});

	test("one address means one app of each service, and may stand twice in a list", () => {
		const address = ["push.example.net", "Push.example.net"];
		expect(
			problemsOf([
				{ ...APNS, address },
				{ ...FCM, address },
			]),
		).toEqual([]);
	});
});

test("a list of no apps is refused", () => {
	expect(problemsOf([])).toEqual(["APPS holds no app: list one, or leave it out."]);
});

test("a process that does not send needs no credentials", () => {
	const tables = [
		{ name: "siskin", service: "apns", topic: "org.siskin" },
		{ name: "fcm", service: "fcm" },
		{ name: "wns", service: "wns" },
	];
	expect(problemsOf(tables, false)).toEqual([]);
	expect(problemsOf(tables, true).length).toBeGreaterThan(2);
});

describe("the settings", () => {
	const names = (record: Record<string, unknown>) => parseConfig(record).apps.map(({ name }) => name);

	test("make an app of each group of variables, beside the two that need none", () => {
		expect(names({})).toEqual(["webpush", "ubuntu"]);
		const record = {
			APNS_KEY: "K",
			APNS_KEY_ID: "KEYID12345",
			APNS_TEAM_ID: "TEAM123456",
			APNS_TOPIC: "org.siskin",
			APNS_SANDBOX: "true",
			FCM_SERVICE_ACCOUNT: "{}",
		};
		expect(names(record)).toEqual(["webpush", "ubuntu", "apns", "fcm"]);
		expect(parseConfig(record).apps[2]).toMatchObject({ sandbox: true, topic: "org.siskin" });
	});

	test.each([
		[
			{ APNS_KEY: "K" },
			[
				"APNS_TOPIC is missing: the app's bundle id.",
				"APNS_KEY_ID is missing: APNs needs APNS_KEY, APNS_KEY_ID and APNS_TEAM_ID, or APNS_CERT.",
				"APNS_TEAM_ID is missing: APNs needs APNS_KEY, APNS_KEY_ID and APNS_TEAM_ID, or APNS_CERT.",
			],
		],
		[
			{ APNS_CERT: "PEM" },
			[
				"APNS_TOPIC is missing: the app's bundle id.",
				/^APNS_CERT_KEY is missing: APNS_CERT holds no private key/,
			],
		],
		[{ FCM_URL: "https://fcm.example" }, ["FCM_SERVICE_ACCOUNT is missing."]],
		[
			{ WNS_TENANT_ID: "T" },
			["WNS_CLIENT_SECRET is missing.", /WNS needs WNS_PACKAGE_SID, or WNS_TENANT_ID and WNS_CLIENT_ID\.$/],
		],
	])("half set name all the variables that are missing, at once: %j", (record, problems) => {
		let found: readonly string[] = [];
		try {
			parseConfig(record);
		} catch (error) {
			if (error instanceof ConfigError) found = error.problems;
		}
		expect([...found]).toEqual(
			problems.map((one) => (typeof one === "string" ? one : expect.stringMatching(one))),
		);
	});

	test.each([
		["APNS_KEY_ID", "KEYID1234", "APNS_KEY_ID must be ten characters, A to Z and 0 to 9, and is not"],
		["APNS_KEY_ID", "keyid12345", "APNS_KEY_ID must be ten characters"],
		["APNS_KEY_ID", "./AuthKey_KEYID12345.p8", "APNS_KEY_ID must be ten characters"],
		["APNS_TEAM_ID", "TEAM 123456", "APNS_TEAM_ID must be ten characters"],
		["APNS_TOPIC", "Chat", "APNS_TOPIC must be the app's bundle id, a domain written backwards"],
		["APNS_TOPIC", "org..chat", "APNS_TOPIC must be the app's bundle id"],
		["APNS_TOPIC", "https://org.example/", "APNS_TOPIC must be the app's bundle id"],
	])("of APNs with an id of a wrong form say how it should be: %s %p", (name, value, sentence) => {
		const ids = { APNS_KEY_ID: "KEYID12345", APNS_TEAM_ID: "TEAM123456", APNS_TOPIC: "org.example.chat-2" };
		expect(() => parseConfig({ APNS_KEY: "K", ...ids })).not.toThrow();
		const refused = () => parseConfig({ APNS_KEY: "K", ...ids, [name]: value });
		expect(refused).toThrow(sentence);
		expect(refused).not.toThrow(value);
		const table = { name: "a", service: "apns", key: "K", key_id: "KEYID12345", team_id: "TEAM123456" };
		const field = name.slice("APNS_".length).toLowerCase();
		const tables = [{ ...table, topic: "org.example.chat", [field]: value }];
		expect(() => parseConfig({ APPS: tables })).toThrow(sentence.replace(name, field));
	});

	test("half set name the variable's field that is missing", () => {
		expect(() => parseConfig({ APNS_KEY: "K", APNS_TOPIC: "org.example.t" })).toThrow(ConfigError);
		expect(() => parseConfig({ APNS_KEY: "K", APNS_TOPIC: "org.example.t" })).toThrow(
			"APNS_KEY_ID is missing",
		);
	});

	test("take tables as JSON, as a Worker's binding holds them, and say when it is none", () => {
		const tables = [
			{
				name: "siskin",
				service: "apns",
				key: "K",
				key_id: "KEYID12345",
				team_id: "TEAM123456",
				topic: "org.example.t",
			},
		];
		expect(names({ APPS: JSON.stringify(tables) })).toEqual(["siskin", "webpush", "ubuntu"]);
		expect(names({ APPS: tables })).toEqual(["siskin", "webpush", "ubuntu"]);
		expect(() => parseConfig({ APPS: "[{" })).toThrow("APPS is no JSON");
		expect(() => parseConfig({ APPS: "[]" })).toThrow("APPS holds no app");
	});

	test("keep the app of those who registered before others of its service were listed, for them alone", () => {
		const { apps } = parseConfig({ APPS: [{ name: "browser", service: "webpush", priority: "high" }] });
		expect(apps.map(({ name, retired }) => `${name} ${retired ?? false}`)).toEqual([
			"browser false",
			"webpush true",
			"ubuntu false",
		]);
		expect(apps[1]).toEqual({
			name: "webpush",
			service: "webpush",
			alert: { text: "New message" },
			retired: true,
		});
	});

	test("give it to nobody who registers over XMPP, even by its name", () => {
		const { apps } = parseConfig({ APPS: [{ name: "browser", service: "webpush" }] });
		const choice = createAppChoice(apps);
		expect(choice.choose({ type: "webpush" }, "push.example.net")?.name).toBe("browser");
		expect(choice.choose({ service: "webpush" }, "push.example.net")?.name).toBe("browser");
	});

	test("keep it at the push server that its devices know", () => {
		const url = "https://push.example";
		expect(parseConfig({ APPS: [{ name: "phone", service: "ubuntu", url }] }).apps.at(-1)).toMatchObject({
			name: "ubuntu",
			url,
			retired: true,
		});
		expect(parseConfig({ UBUNTU_URL: url }).apps.at(-1)).toMatchObject({ name: "ubuntu", url });
		expect(() => parseConfig({ APPS: [{ name: "phone", service: "ubuntu" }], UBUNTU_URL: url })).toThrow(
			"UBUNTU_URL is for the app that is there by itself: put it into APPS, as its app's url.",
		);
	});

	test("let a listed app take its place by its name, and no app of another service", () => {
		const { apps } = parseConfig({ APPS: [{ name: "webpush", service: "webpush", priority: "silent" }] });
		expect(apps.map(({ name, retired }) => `${name} ${retired ?? false}`)).toEqual([
			"webpush false",
			"ubuntu false",
		]);
		expect(apps[0]).toMatchObject({ priority: "silent" });
		expect(() => parseConfig({ APPS: [{ name: "webpush", service: "ubuntu" }] })).toThrow(
			"an app called webpush, which is no app of webpush",
		);
	});

	test("that exclude each other name what to leave out", () => {
		const cert = { APNS_CERT: "PRIVATE KEY", APNS_TOPIC: "org.example.t" };
		expect(() => parseConfig({ ...cert, APNS_KEY_ID: "KEYID12345" })).toThrow(
			"key_id and team_id go with key",
		);
		expect(() => parseConfig({ APNS_CERT_KEY: "PEM", APNS_TOPIC: "org.example.t" })).toThrow(
			"cert_key goes with cert",
		);
	});

	test("and tables may not call two apps the same", () => {
		const record = { APPS: [{ name: "fcm", service: "webpush" }], FCM_SERVICE_ACCOUNT: "{}" };
		expect(() => parseConfig(record)).toThrow("called fcm");
	});
});
