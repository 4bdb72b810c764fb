/** Each example of the documentation is what the server answers to the request beside it. */
import { afterEach, describe, expect, test } from "bun:test";
import { createMetrics } from "../../../src/connector/metrics.ts";
import { NODE, SECRET } from "../../../src/routes/api/examples.ts";
import {
	CONTENT,
	ENABLING,
	PUBLISHING,
	SHOWING,
	SHOWN,
	SUBSCRIBING,
} from "../../../src/routes/docs/worked-example.tsx";
import { type ProblemName, problemKinds } from "../../../src/routes/problem.ts";
import { createKeyring } from "../../../src/secrets.ts";
import { webPushContent } from "../../../src/services/webpush/content.ts";
import type { Notification } from "../../../src/types.ts";
import { createStanzaHandler } from "../../../src/xmpp/stanzas.ts";
import { censusOf } from "../../store/registrations/some-census.ts";
import { noCommands } from "../../xmpp/no-commands.ts";
import { parse } from "../../xmpp/parse.ts";
import { startConsole } from "../admin/console/console-fixture.ts";
import { askingFor, SECRET_KEY, startTestServer, subscription, type TestServer } from "../routes-fixture.ts";

// biome-ignore lint/suspicious/noExplicitAny: a document from outside, looked into everywhere
type Json = any;

const servers: TestServer[] = [];
afterEach(async () => {
	for (const server of servers.splice(0)) await server.close();
});

async function start(...options: Parameters<typeof startTestServer>): Promise<TestServer> {
	const server = await startTestServer(...options);
	servers.push(server);
	return server;
}

async function startWithConsole() {
	const server = await startConsole();
	servers.push(server);
	return server;
}

const documentOf = async (server: TestServer): Promise<Json> =>
	(await server.app.request("/openapi.json")).json();

const contentOf = (document: Json, operationId: string, status: number): Record<string, Json> => {
	const operations = Object.values<Json>(document.paths).flatMap((item) => Object.values<Json>(item));
	return operations.find((one) => one.operationId === operationId).responses[status].content;
};

/** The examples of an answer. */
function examplesOf(document: Json, operationId: string, status = 200): Json[] {
	const [media] = Object.values(contentOf(document, operationId, status));
	return Object.values<Json>(media.examples).map(({ value }) => value);
}

/** What each server chooses by chance, or by the time of day, counts by its form alone. */
function formOf(value: unknown): Json {
	const text = JSON.stringify(value)
		.replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g, "<time>")
		.replaceAll(/(?<![\w-])[\w-]{27}(?![\w-])/g, "<node>")
		.replaceAll(/(?<![\w-])[\w-]{43}(?![\w-])/g, "<secret>")
		.replaceAll(/(?<![\w-])B[\w-]{86}(?![\w-])/g, "<P-256 key>");
	return JSON.parse(text);
}

/** The same, with its fields in their order. */
const written = (value: unknown) => JSON.stringify(formOf(value));

describe("the JSON API", () => {
	test("registering, looking up, renewing and testing are answered as the examples say", async () => {
		const server = await start();
		const document = await documentOf(server);
		const body = document.components.schemas.Register.example;
		const made = await server.registered(body);
		expect(written(made)).toBe(written(examplesOf(document, "register", 201)[0]));

		const path = `/registrations/${made.node}`;
		const looked = await server.json("GET", path, undefined, made.deviceSecret);
		expect(written(await looked.json())).toBe(written(examplesOf(document, "lookUp")[0]));

		const renewing = document.components.schemas.Renew.example;
		const renewed = await server.json("PUT", path, renewing, made.deviceSecret);
		expect(written(await renewed.json())).toBe(written(examplesOf(document, "renew")[0]));

		const tested = async () =>
			(await server.json("POST", `${path}/test`, undefined, made.deviceSecret)).json();
		const [delivered, queued] = examplesOf(document, "test");
		expect(await tested()).toEqual(delivered);
		server.state.answer = { kind: "done", how: "queued", reason: queued.reason };
		expect(await tested()).toEqual(queued);
	});

	test("so is renewing after the key was changed", async () => {
		const older = await start();
		const document = await documentOf(older);
		const made = await older.registered(document.components.schemas.Register.example);
		const keyring = await createKeyring("another key of at least thirty-two characters, for tests", [
			SECRET_KEY,
		]);
		const server = await start({ keyring, registrations: older.registrations });
		const renewing = document.components.schemas.Renew.example;
		const renewed = await server.json("PUT", `/registrations/${made.node}`, renewing, made.deviceSecret);
		expect(written(await renewed.json())).toBe(written(examplesOf(document, "renew")[1]));
	});

	test("so is what the server serves", async () => {
		const server = await start();
		const services = await (await server.json("GET", "/services")).json();
		expect(written(services)).toBe(written(examplesOf(await documentOf(server), "services")[0]));
	});
});

describe("watching", () => {
	const adminToken = "an admin token of some length, for tests";

	test("alive, ready, ready for the operator, and not ready", async () => {
		const version = "0.1.0";
		const server = await start({ version });
		const document = await documentOf(server);
		const health = await (await server.app.request("/health")).json();
		expect(written(health)).toBe(written(examplesOf(document, "health")[0]));

		const [ready, forAdmins] = examplesOf(document, "ready");
		expect(written(await (await server.app.request("/ready")).json())).toBe(written(ready));
		const { notes, servers } = forAdmins;
		const watched = await start({
			adminToken,
			readiness: async () => ({ database: true, xmpp: true, forAdmins: { notes, servers } }),
		});
		const asOperator = { headers: { Authorization: `Bearer ${adminToken}` } };
		expect(written(await (await watched.app.request("/ready", asOperator)).json())).toBe(written(forAdmins));

		const [notReady] = examplesOf(document, "ready", 503);
		const broken = await start({ readiness: async () => ({ database: notReady.database, xmpp: true }) });
		const answer = await broken.app.request("/ready");
		expect(answer.status).toBe(503);
		expect(written(await answer.json())).toBe(written(notReady));
	});

	test("metrics", async () => {
		const { example } = contentOf(await documentOf(await start()), "metrics", 200)["text/plain"].schema;
		const metrics = createMetrics({
			apps: [],
			disks: async () => [],
			outbox: async () => ({ entries: 0, oldestDueAt: undefined }),
			shutGates: () => [],
			inFlight: () => new Map(),
			isOnline: () => new Map([["push@example.net/push", true]]),
			census: censusOf({}),
			certificates: new Map(),
		});
		expect((await metrics.scrape()).text).toContain(example);
	});
});

describe("the other dialects", () => {
	test("Tigase's", async () => {
		const server = await start();
		const document = await documentOf(server);
		const fields = Object.entries<Json>(document.components.schemas.TigaseUnregister.properties);
		const answer = await server.app.request("/unregister-device/push.example.net", {
			method: "POST",
			headers: { "Content-Type": "application/json" },
			body: JSON.stringify(Object.fromEntries(fields.map(([name, { example }]) => [name, example]))),
		});
		expect(await answer.json()).toEqual(examplesOf(document, "tigaseUnregister")[0]);
	});

	test("the form API's", async () => {
		const server = await start({ registration: askingFor("the-operators-registration-token") });
		const document = await documentOf(server);
		/** The fields of the example, with what this server gave in place of what it might have given. */
		const ask = async (name: string, given: Record<string, string | undefined> = {}) => {
			const { schema } =
				document.paths[`/push_appserver/v1/${name}`].post.requestBody.content[
					"application/x-www-form-urlencoded"
				];
			const examples = Object.entries<Json>(schema.properties).map(([field, { example }]) => [
				field,
				example,
			]);
			const fields = { ...Object.fromEntries(examples), ...given };
			const kept = Object.entries(fields).filter(
				(entry): entry is [string, string] => entry[1] !== undefined,
			);
			return (await server.form(name, Object.fromEntries(kept))).text();
		};
		const lines = (text: string) => text.split("\n");

		const [made, refused] = examplesOf(document, "formRegister");
		const answer = await ask("register");
		expect(formOf(lines(answer))).toEqual(formOf(lines(made)));
		expect(await ask("register", { token: "nothing" })).toBe(refused);
		expect(await ask("register", { token: "" })).toBe(examplesOf(document, "formRegister", 400)[0]);
		expect(await ask("register", { access_token: undefined })).toBe(
			examplesOf(document, "formRegister", 403)[0],
		);

		const [, node, secret] = lines(answer);
		const [pushed, unknown] = examplesOf(document, "formPush");
		expect(formOf(lines(await ask("push", { node, secret })))).toEqual(formOf(lines(pushed)));
		expect(await ask("push", { node, secret: "another" })).toBe(unknown);
		const [ended, notFound] = examplesOf(document, "formUnregister");
		expect(formOf(lines(await ask("unregister", { node, secret })))).toEqual(formOf(lines(ended)));
		expect(await ask("unregister", { node, secret })).toBe(notFound);
	});
});

/** UnifiedPush endpoints, of which there is none. */
const startWithEndpoints = async () =>
	(
		await start({
			unifiedPush: { publicUrl: "https://push.example.net", take: async () => ({ kind: "unknown" }) },
		})
	).app;

/** How to come to a problem of each kind. */
const ways: Record<ProblemName, () => Promise<Response>> = {
	"malformed-body": async () => (await start()).json("POST", "/registrations", "{"),
	"malformed-header": async () =>
		(await startWithEndpoints()).request("/up/x", { method: "POST", headers: { TTL: "soon" } }),
	"no-such-endpoint": async () =>
		(await startWithEndpoints()).request("/up/x", { method: "POST", body: "1" }),
	"registration-token-needed": async () =>
		(await start({ registration: askingFor("t".repeat(40)) })).json("POST", "/registrations", {}),
	"no-invite": async () =>
		(await start({ registration: askingFor("t".repeat(40)) })).json("POST", "/registrations", {
			subscription: subscription(),
			invite: "0000-0000-0000",
		}),
	"admin-token-needed": async () =>
		(
			await start({
				adminToken: "t".repeat(40),
				scrape: async () => ({ contentType: "text/plain", text: "" }),
			})
		).app.request("/metrics"),
	"sign-in-needed": async () => (await startWithConsole()).request("/admin/api/overview"),
	"wrong-admin-token": async () => (await startWithConsole()).signIn("another token"),
	"not-from-console": async () =>
		(await (await startWithConsole()).browser()).post("invites", {}, { "X-Form-Token": "another" }),
	"secret-needed": async () => (await start()).json("GET", "/registrations/any"),
	"no-such-page": async () => (await start()).app.request("/any"),
	"no-such-registration": async () => (await start()).json("GET", "/registrations/any", undefined, "any"),
	"method-not-allowed": async () => (await start()).app.request("/api/v1/registrations", { method: "PATCH" }),
	gone: async () => {
		const server = await start();
		const { node, deviceSecret } = await server.registered();
		await server.registrations.remove(node);
		return server.json("GET", `/registrations/${node}`, undefined, deviceSecret);
	},
	"body-too-large": async () =>
		(await start()).json("POST", "/registrations", { deviceName: "x".repeat(20_000) }),
	"unsupported-media-type": async () =>
		(await start()).app.request("/api/v1/registrations", {
			method: "POST",
			headers: { "Content-Type": "text/plain" },
			body: "{}",
		}),
	"invalid-fields": async () =>
		(await start()).json("POST", "/registrations", { subscription: {}, devicename: "a phone" }),
	"choose-app": async () =>
		(
			await start({
				apps: [
					{ name: "first", service: "webpush" },
					{ name: "second", service: "webpush" },
				],
			})
		).json("POST", "/registrations", { subscription: subscription() }),
	"unknown-app": async () =>
		(await start()).json("POST", "/registrations", { app: "another", subscription: subscription() }),
	"over-quota": async () => {
		const server = await start({}, { address: 1 });
		server.state.peer = "2001:db8::1";
		await server.registered();
		return server.json("POST", "/registrations", { subscription: subscription("https://push.example/2") });
	},
	"too-many-requests": async () => {
		const server = await start();
		server.state.peer = "2001:db8::1";
		for (;;) {
			const answer = await server.json("POST", "/registrations", "{");
			if (answer.status !== 400) return answer;
		}
	},
	"internal-error": async () => {
		const server = await start({
			push: async () => {
				throw new Error("a mistake");
			},
		});
		const { node, deviceSecret } = await server.registered();
		return server.json("POST", `/registrations/${node}/test`, undefined, deviceSecret);
	},
	"not-configured": async () => {
		const server = await start({ pushAddress: undefined });
		return server.json("POST", "/registrations", { subscription: subscription() });
	},
	unavailable: async () => {
		const server = await startTestServer();
		await server.close();
		return server.json("POST", "/registrations", { subscription: subscription() });
	},
};

describe("problems", () => {
	test.each(Object.keys(ways) as ProblemName[])("%s is told in the words of its example", async (kind) => {
		const { detail, ...extensions }: { detail: string } = problemKinds[kind].example;
		const answer = await ways[kind]();
		const { type, status, title, ...said } = (await answer.json()) as Json;
		expect({ type, status }).toEqual({ type: `/docs#problem-${kind}`, status: answer.status });
		expect(said).toEqual({ detail, ...extensions });
	});

	test("where a route has other words for it, they are in its example", async () => {
		const server = await start();
		const { examples } = contentOf(await documentOf(server), "metrics", 404)["application/problem+json"];
		expect(await (await server.app.request("/metrics")).json()).toEqual(examples["no-such-page"].value);
	});
});

describe("the worked example", () => {
	/** The text with what this server gave in place of what it might have given. */
	const withOwn = (text: string, { node, secret }: { node: string; secret: string }) =>
		text.replaceAll(NODE, node).replaceAll(SECRET, secret);

	test("does what it says: each of its parts is run", async () => {
		const server = await start();
		const page = await (await server.app.request("/docs")).text();
		const shown = page.replaceAll("&#39;", "'").replaceAll("&quot;", '"').replaceAll("&lt;", "<");
		for (const part of [SUBSCRIBING, ENABLING, PUBLISHING, SHOWING])
			expect(shown.replaceAll("&gt;", ">").replaceAll("&amp;", "&")).toContain(part);

		// The app's script, in a browser that is asked for a subscription.
		let applicationServerKey: string | undefined;
		const pushManager = {
			subscribe(options: { applicationServerKey: string }) {
				({ applicationServerKey } = options);
				return subscription();
			},
		};
		const navigator = { serviceWorker: { register: async () => ({ pushManager }) } };
		const fetch = (url: string, init?: RequestInit) => server.app.request(new URL(url).pathname, init);
		const AsyncFunction = (async () => {}).constructor as new (
			...words: string[]
		) => (...values: unknown[]) => Promise<Json>;
		const registered = await new AsyncFunction("navigator", "fetch", `${SUBSCRIBING}\nreturn registered;`)(
			navigator,
			fetch,
		);
		const { apps } = await (await server.json("GET", "/services")).json();
		expect(applicationServerKey).toBe(apps[0].vapidPublicKey);
		expect(written(registered)).toBe(written(examplesOf(await documentOf(server), "register", 201)[0]));

		// What the app sends to its user's server has what that server publishes with.
		const enable = parse(withOwn(ENABLING, registered)).getChild("enable", "urn:xmpp:push:0");
		expect(enable?.attrs).toMatchObject({ jid: registered.jid, node: registered.node });

		let published: { node: string; secret?: string; notification: Notification } | undefined;
		const handle = createStanzaHandler({
			async publish(publish) {
				published = publish;
				return { kind: "done", how: "delivered" };
			},
			commands: noCommands,
			version: "1",
		});
		const answer = await handle(parse(withOwn(PUBLISHING, registered)));
		expect(answer?.attrs).toMatchObject({ type: "result", to: "example.org" });
		if (!published) throw new Error("nothing was published");
		const { node, secret = "", notification } = published;
		expect(await server.keyring.verify(node, secret)).toBe("ok");
		const content = new TextDecoder().decode(webPushContent(node, notification));
		expect(content).toBe(withOwn(JSON.stringify(CONTENT), registered));

		// The service worker.
		const notifications: unknown[][] = [];
		const listeners = new Map<string, (event: unknown) => void>();
		const self = {
			addEventListener: listeners.set.bind(listeners),
			registration: { showNotification: (...given: unknown[]) => notifications.push(given) },
		};
		new Function("self", SHOWING)(self);
		listeners.get("push")?.({ data: { json: () => JSON.parse(content) }, waitUntil: () => {} });
		expect(notifications).toEqual([[SHOWN.title, { body: SHOWN.body, tag: registered.node }]]);
	});
});
