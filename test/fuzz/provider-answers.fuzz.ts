/** Whatever a push service answers comes to an outcome, and `gone` to nothing but what its documents call so. */
import { generateKeyPairSync } from "node:crypto";
import fc, { type Arbitrary } from "fast-check";
import { createAccessTokens } from "../../src/services/access-token.ts";
import { classify as classifyApns } from "../../src/services/apns/answers.ts";
import { createApns } from "../../src/services/apns/apns.ts";
import { createProviderTokens, importApnsKey } from "../../src/services/apns/provider-tokens.ts";
import { endpointPolicy } from "../../src/services/endpoint.ts";
import { exchange, type Reply } from "../../src/services/exchange.ts";
import { classify as classifyFcm, classifyMinimal } from "../../src/services/fcm/answers.ts";
import { createFcm } from "../../src/services/fcm/fcm.ts";
import { classify as classifyUbuntu } from "../../src/services/ubuntu/answers.ts";
import { createUbuntu } from "../../src/services/ubuntu/ubuntu.ts";
import { classify as classifyWebPush } from "../../src/services/webpush/answers.ts";
import { createVapid, generateVapidKey, importVapidKey } from "../../src/services/webpush/vapid-signature.ts";
import { createWebPush } from "../../src/services/webpush/webpush.ts";
import { classify as classifyWns } from "../../src/services/wns/answers.ts";
import { createWns } from "../../src/services/wns/wns.ts";
import type { Notification, Outcome, Push, PushService } from "../../src/types.ts";
import { claim, same } from "./claims.ts";
import { anyText, spoiltText } from "./hostile.ts";
import { always, eventually, type Fuzzed } from "./property.ts";

const NOW = Date.UTC(2026, 0, 1);
const now = () => NOW;
const DAY_MS = 24 * 60 * 60 * 1000;
const SECRET = "cAbCdEf0APA91b-SecretToken_that_nobody_may_learn_0123456789";

/** What the documents say: words that are an answer's own, under its status. */
const WORDS = {
	apns: [
		"Unregistered",
		"ExpiredToken",
		"BadDeviceToken",
		"DeviceTokenNotForTopic",
		"ExpiredProviderToken",
		"TooManyRequests",
		"TopicDisallowed",
		"Forbidden",
		"BadPath",
	],
	fcm: [
		"UNREGISTERED",
		"SENDER_ID_MISMATCH",
		"INVALID_ARGUMENT",
		"NOT_FOUND",
		"PERMISSION_DENIED",
		"QUOTA_EXCEEDED",
		"THIRD_PARTY_AUTH_ERROR",
		"UNAVAILABLE",
	],
	ubuntu: [
		"unknown-token",
		"unauthorized",
		"unauthorized-app-id",
		"too-many-pending",
		"invalid-request",
		"unavailable",
	],
	other: ["Domain Blocked", "BadJwtToken", SECRET],
} as const;

const status = fc.oneof(
	fc.constantFrom(
		200,
		201,
		204,
		301,
		304,
		400,
		401,
		403,
		404,
		405,
		406,
		410,
		411,
		413,
		415,
		418,
		429,
		500,
		503,
		507,
		599,
	),
	fc.integer({ min: 200, max: 599 }),
);
const word = fc.constantFrom(...Object.values(WORDS).flat());
const fcmDetail = fc.record(
	{
		"@type": fc.constantFrom(
			"type.googleapis.com/google.firebase.fcm.v1.FcmError",
			"type.googleapis.com/google.rpc.BadRequest",
			"x",
		),
		errorCode: fc.oneof(word, fc.jsonValue({ maxDepth: 1 })),
		fieldViolations: fc.oneof(
			fc.array(fc.record({ field: fc.constantFrom("message.token", "message.data", "") }), { maxLength: 2 }),
			fc.jsonValue({ maxDepth: 1 }),
		),
		violations: fc.oneof(fc.constant([{ subject: "project:1" }]), fc.jsonValue({ maxDepth: 1 })),
		metadata: fc.oneof(fc.constant({ quota_unit: "1/min/{project}" }), fc.jsonValue({ maxDepth: 1 })),
	},
	{ requiredKeys: [] },
);
const body = fc
	.oneof(
		fc.record(
			{ reason: word, timestamp: fc.oneof(fc.integer(), fc.jsonValue({ maxDepth: 1 })) },
			{ requiredKeys: ["reason"] },
		),
		fc.record({ error: word, message: fc.constant(SECRET) }),
		fc.record({
			error: fc.record(
				{
					status: word,
					details: fc.oneof(fc.array(fcmDetail, { maxLength: 3 }), fc.jsonValue({ maxDepth: 1 })),
				},
				{ requiredKeys: [] },
			),
		}),
		fc.record({
			errno: fc.integer(),
			name: fc.constantFrom("projects/p/messages/0:1%2", "projects/p/messages/a b", "x"),
		}),
		fc.jsonValue({ maxDepth: 2 }),
	)
	.map((value) => JSON.stringify(value));
const anyBody = fc.oneof(
	{ weight: 6, arbitrary: body },
	{ weight: 2, arbitrary: spoiltText(body, 2) },
	anyText,
	word,
);
const headerText = anyText.map((text) => text.replaceAll(/[^\t\u0020-\u007e]/g, "").trim());
const headers = fc.record(
	{
		"retry-after": fc.oneof(
			fc.nat(100).map(String),
			headerText,
			fc.constantFrom("Thu, 01 Jan 2026 00:01:00 GMT", "99999999999"),
		),
		"x-wns-status": fc.constantFrom("received", "dropped", "channelthrottled", "Received", "", "x"),
		"x-wns-error-description": fc.constantFrom("Domain Blocked", "domainblocked", "x"),
		"x-wns-msg-id": headerText,
		"apns-id": headerText,
	},
	{ requiredKeys: [] },
);

interface Said {
	status: number;
	headers: Record<string, string>;
	body: string;
}
const answer = fc.record({ status, headers, body: anyBody }) as Arbitrary<Said>;

/** The meaning of an answer's body, read again. */
function read(text: string) {
	try {
		return (JSON.parse(text) ?? {}) as Record<string, unknown> & {
			error?: { status?: unknown; details?: unknown };
		};
	} catch {
		return {};
	}
}

/** What each service's documents call dead. */
const GONE: Readonly<Record<string, (said: Said) => boolean>> = {
	webpush: ({ status }) => status === 404 || status === 410,
	wns: ({ status, headers, body }) =>
		status === 404 ||
		(status === 410 && !/domain\s*blocked/i.test(`${headers["x-wns-error-description"]} ${body}`)),
	apns({ status, body }) {
		const words =
			status === 410
				? ["Unregistered", "ExpiredToken"]
				: status === 400
					? ["BadDeviceToken", "DeviceTokenNotForTopic"]
					: [];
		return words.some((one) => one === read(body).reason);
	},
	ubuntu({ status, body }) {
		const words =
			status === 400 ? ["unknown-token"] : status === 401 ? ["unauthorized", "unauthorized-app-id"] : [];
		return words.some((one) => one === (read(body).error as unknown));
	},
	fcm({ status, body }) {
		const error = read(body).error;
		const details = (Array.isArray(error?.details) ? error.details : []) as Record<string, unknown>[];
		const own = details.findLast(
			(it) =>
				typeof it?.["@type"] === "string" &&
				it["@type"].endsWith("fcm.v1.FcmError") &&
				typeof it.errorCode === "string" &&
				/^[A-Z_]{1,40}$/.test(it.errorCode),
		)?.errorCode;
		const code = own ?? error?.status;
		const fields = details.flatMap((it) => (Array.isArray(it?.fieldViolations) ? it.fieldViolations : []));
		const named = fields.some((it) => it?.field === "message.token");
		if (status === 404) return own === "UNREGISTERED";
		if (status === 403) return own === "SENDER_ID_MISMATCH";
		return status === 400 && code === "INVALID_ARGUMENT" && named;
	},
};

const KINDS = ["delivered", "gone", "retry", "rejected", "misconfigured"];

function claimOutcome(outcome: Outcome): void {
	claim(KINDS.includes(outcome.kind), () => Bun.inspect(outcome));
	claim(!JSON.stringify(outcome).includes(SECRET), () => `it tells the token: ${Bun.inspect(outcome)}`);
	if (outcome.kind === "delivered")
		claim(/^[\w:%.-]{1,100}$/.test(outcome.id ?? "x"), () => Bun.inspect(outcome));
	else
		claim(outcome.reason.length > 0 && outcome.reason.length < 300 && !/[\r\n]/.test(outcome.reason), () =>
			Bun.inspect(outcome),
		);
	if (outcome.kind === "retry" && outcome.afterMs !== undefined)
		claim(outcome.afterMs >= 0 && outcome.afterMs <= DAY_MS, () => Bun.inspect(outcome));
}

const CLASSIFY: Readonly<Record<string, (reply: Reply) => Outcome>> = {
	webpush: classifyWebPush,
	wns: classifyWns,
	ubuntu: classifyUbuntu,
	fcm: classifyFcm,
	apns: (reply) => classifyApns(reply, "main"),
};

const responseOf = ({ status, headers, body }: Said) =>
	new Response([204, 205, 304].includes(status) ? null : body, { status, headers });

const policy = endpointPolicy({ allowHosts: ["push.example"], allowPrivate: false });
const alert = { text: "New message" };
const vapid = createVapid({
	key: await importVapidKey(await generateVapidKey()),
	subject: "mailto:a@example.net",
	now,
});
const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
const tokens = createProviderTokens({
	keyId: "KEY",
	teamId: "TEAM",
	now,
	key: await importApnsKey(String(privateKey.export({ type: "pkcs8", format: "pem" }))),
});
const rsa = (await crypto.subtle.generateKey(
	{
		name: "RSASSA-PKCS1-v1_5",
		modulusLength: 2048,
		publicExponent: new Uint8Array([1, 0, 1]),
		hash: "SHA-256",
	},
	false,
	["sign"],
)) as CryptoKeyPair;
const TOKEN_URL = "https://token.example/";
const serviceAccount = {
	projectId: "p",
	clientEmail: "a@example.net",
	privateKey: rsa.privateKey,
	tokenUri: TOKEN_URL,
};

/** What the services hear, in its order; the last again and again. */
let script: Said[] = [];
let asked: string[] = [];
async function fetch(url: string): Promise<Response> {
	if (url === TOKEN_URL) return Response.json({ access_token: "bearer", expires_in: 3600 });
	asked.push(url);
	const said = script.length > 1 ? script.shift() : script[0];
	if (!said) throw new TypeError(`fetch failed: ${url}`);
	return responseOf(said);
}

const SERVICES: readonly { service: PushService; device: Record<string, string> }[] = [
	{
		service: createWebPush({ fetch, vapid, policy, now }),
		device: { token: `https://push.example/${SECRET}` },
	},
	{
		service: createApns({ credentials: { kind: "token", tokens }, topic: "net.example.app", fetch, now }),
		device: { token: "00ff".repeat(8), voipToken: "ff00".repeat(8) },
	},
	{ service: createFcm({ serviceAccount, fetch, now }), device: { token: SECRET } },
	{ service: createUbuntu({ appId: "com.example_app", alert, fetch, now }), device: { token: SECRET } },
	{
		service: createWns({
			credentials: { kind: "sid", packageSid: "s", clientSecret: "c" },
			tokenUrl: TOKEN_URL,
			type: "toast",
			alert,
			policy,
			fetch,
			now,
		}),
		device: { token: `https://db5.notify.windows.com/?token=${SECRET}` },
	},
];

const notification = fc.record(
	{
		class: fc.constantFrom("voip", "event", "high", "low"),
		count: fc.nat(),
		pending: fc.nat(),
		sender: anyText,
		body: anyText,
		nickname: anyText,
		event: anyText,
		encrypted: fc.record({ data: anyText, iv: anyText, type: anyText }, { requiredKeys: ["data", "iv"] }),
	},
	{ requiredKeys: ["class"] },
) as Arbitrary<Notification>;

const pushOf = (device: Record<string, string>, notification: Notification, dialect?: string): Push => ({
	notification,
	ttlSeconds: 60,
	registration: {
		node: `node-of-${SECRET}`,
		owner: "juliet@example.net",
		app: "a",
		device: "d",
		registeredAt: 0,
		renewedAt: 0,
		...({ ...device, ...(dialect !== undefined && { dialect }) } as { token: string }),
	},
});

export const fuzzed: Fuzzed = {
	name: "what push services answer",
	properties: [
		always(
			"is classified, tells nothing of the token, and is `gone` just where the documents say so",
			{ weight: 12, most: 300_000 },
			fc.tuple(answer, fc.constantFrom(...Object.keys(CLASSIFY))),
			([said, name]) => {
				const reply: Reply = {
					kind: "reply",
					status: said.status,
					headers: new Headers(said.headers),
					body: said.body,
				};
				const outcome = CLASSIFY[name]?.(reply) as Outcome;
				claimOutcome(outcome);
				same(outcome.kind === "gone", GONE[name]?.(said), Bun.inspect(outcome));
				if (name === "fcm") {
					const minimal = classifyMinimal(reply);
					claimOutcome(minimal);
					if (minimal.kind === "gone") claim(GONE.fcm?.(said) === true || said.status === 400, "gone");
				}
				// A success is nothing else, and nothing else is one.
				if (outcome.kind === "delivered") claim(said.status >= 200 && said.status < 300, "delivered");
			},
		),
		eventually(
			"never makes a send throw, whatever is pushed, and is asked three times at the most",
			{ weight: 6, most: 80_000 },
			fc.tuple(
				fc.array(answer, { maxLength: 3 }),
				fc.nat(SERVICES.length - 1),
				notification,
				fc.constantFrom(undefined, "tigase", "p2", "mod_push"),
			),
			async ([said, which, its, dialect]) => {
				const { service, device } = SERVICES[which] as (typeof SERVICES)[number];
				script = [...said];
				asked = [];
				const outcome = await service.send(pushOf(device, its, dialect), new AbortController().signal);
				claimOutcome(outcome);
				claim(asked.length <= 3, `asked ${asked.length} times`);
				if (said.length === 0) same(outcome.kind, "retry");
				if (outcome.kind === "gone")
					claim(
						said.some((one) => GONE[service.name]?.(one) || (service.name === "fcm" && one.status === 400)),
						"gone",
					);
			},
		),
		eventually(
			"to the question for an access token gives one that fits a header, or says why not",
			{ weight: 3, most: 60_000 },
			fc.tuple(
				fc.record({
					status,
					headers,
					body: fc.oneof(
						anyBody,
						fc
							.record({
								access_token: fc.oneof(anyText, fc.constant("bearer"), fc.jsonValue({ maxDepth: 1 })),
								expires_in: fc.oneof(fc.integer(), anyText),
							})
							.map((it) => JSON.stringify(it)),
					),
				}) as Arbitrary<Said>,
				answer,
			),
			async ([said, refusal]) => {
				let requests = 0;
				const its = createAccessTokens({
					request: async () => ({ url: TOKEN_URL, init: { method: "POST" } }),
					fetch: async () => {
						requests++;
						return responseOf(said);
					},
					now,
				});
				const signal = new AbortController().signal;
				const used: string[] = [];
				const reply = await its.use(
					async (bearer) => {
						used.push(bearer);
						new Headers({ Authorization: `Bearer ${bearer}` });
						return exchange(
							{ url: "https://push.example/", init: {} },
							{ fetch: async () => responseOf(refusal), signal, now },
						);
					},
					({ status }) => status === 401,
					signal,
				);
				claim(requests <= 2 && used.length <= 2, "asked too often");
				if (used.length === 0) claim(reply.kind === "retry" || reply.kind === "misconfigured", reply.kind);
				if (reply.kind !== "reply") claimOutcome(reply);
			},
		),
	],
};
