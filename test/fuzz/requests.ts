/** Good HTTP requests to every route, and ways to spoil them. `{name}` stands for what only a server knows. */
import fc, { type Arbitrary } from "fast-check";
import { subscription } from "../routes/routes-fixture.ts";
import { APNS_HEX } from "../xmpp/commands/commands-fixture.ts";
import { anyChanges, anyText, HOSTILE, spoil, spoiltText } from "./hostile.ts";

export interface Sent {
	method: string;
	path: string;
	headers: Record<string, string>;
	body?: string | Uint8Array<ArrayBuffer>;
}

const JSON_TYPE = "application/json";
const FORM = "application/x-www-form-urlencoded";
const bearer = (token: string) => ({ Authorization: `Bearer ${token}` });

const api = (method: string, path: string, token: string, body?: unknown): Sent => ({
	method,
	path: `/api/v1${path}`,
	headers: { ...bearer(token), ...(body !== undefined && { "Content-Type": JSON_TYPE }) },
	...(body !== undefined && { body: JSON.stringify(body) }),
});
const form = (name: string, fields: Record<string, string>): Sent => ({
	method: "POST",
	path: `/push_appserver/v1/${name}`,
	headers: { "Content-Type": FORM },
	// What stands for something else stays to be found.
	body: new URLSearchParams(fields).toString().replaceAll("%7B", "{").replaceAll("%7D", "}"),
});
const get = (path: string, headers: Record<string, string> = {}): Sent => ({ method: "GET", path, headers });
const tigase = (path: string): Sent => ({
	method: "POST",
	path,
	headers: { "Content-Type": JSON_TYPE },
	body: JSON.stringify({
		account: "juliet@example.net",
		provider: "tigase:messenger:apns:1",
		"device-token": APNS_HEX,
	}),
});
const admin = { Authorization: `Basic ${btoa("any:{admin}").replace(/.*/, "{basic}")}` };

/** All that is done with a registration by the JSON API. */
const withBearer = (path: string, token: string): readonly Sent[] => [
	api("GET", path, token),
	api("PUT", path, token, {
		subscription: subscription("https://push.example/new"),
		classes: ["high", "low"],
	}),
	api("DELETE", path, token),
	api("POST", `${path}/test`, token),
];

export const REQUESTS: readonly Sent[] = [
	api("POST", "/registrations", "{may}", { subscription: subscription(), deviceName: "Kitchen tablet" }),
	api("POST", "/registrations", "{may}", {
		app: "webpush",
		subscription: { endpoint: "https://push.example/other" },
	}),
	// With a token that is for something else.
	api("POST", "/registrations", "{secret}", { subscription: subscription() }),
	form("register", { type: "fcm", node: "device-3", token: "fcm-token", access_token: "{secret}" }),
	api("POST", "/registrations", "{may}", { app: "apns", token: APNS_HEX, voipToken: APNS_HEX }),
	api("POST", "/registrations", "{may}", { app: "fcm", token: "fcm-token" }),
	api("POST", "/registrations", "{may}", {
		app: "ubuntu",
		token: "dG9rZW4",
		applicationId: "com.example.chat_chat",
	}),
	api("POST", "/registrations", "{may}", { app: "wns", token: "https://db5.notify.windows.com/?token=A%3d" }),
	...withBearer("/registrations/{node}", "{device}"),
	...withBearer("/registrations/{node}", "{secret}"),
	// Somebody else's, with a secret that is not its own, and with the one that the owner's server has.
	...withBearer("/registrations/{victim}", "{device}"),
	...withBearer("/registrations/{served}", "{publish}"),
	api("GET", "/services", ""),
	form("register", { type: "fcm", node: "device-1", token: "fcm-token" }),
	form("register", {
		type: "webpush",
		node: "device-2",
		token: "https://push.example/form",
		access_token: "{may}",
	}),
	form("unregister", { type: "fcm", node: "{node}", secret: "{device}" }),
	form("unregister", { type: "fcm", node: "{node}", secret: "{secret}" }),
	form("unregister", { type: "fcm", node: "{served}", secret: "{publish}" }),
	form("unregister", { type: "fcm", node: "{served}", token: "fcm-token" }),
	form("unregister", { type: "fcm", node: "device-1", token: "fcm-token" }),
	form("unregister", { type: "webpush", node: "{victim}", secret: "{secret}" }),
	form("push", { node: "{node}", secret: "{secret}" }),
	form("push", { node: "{victim}", secret: "{secret}" }),
	form("push", { node: "{served}", secret: "{publish}" }),
	tigase("/unregister-device/push.example.net"),
	tigase("/rest/push/unregister-device/push.example.net"),
	get("/push_appserver/v1/health"),
	...[
		"register",
		"unregister",
		"push",
		"settings",
		"settings?before=5",
		"settings/{victim}",
		"settings/{node}",
	].map((page) => get(`/push_appserver/v1/${page}`, admin)),
	...["/", "/docs", "/openapi.json", "/health", "/ready"].map((path) => get(path)),
	get("/metrics", bearer("{admin}")),
	{
		method: "OPTIONS",
		path: "/api/v1/registrations",
		headers: { Origin: "https://evil.example", "Access-Control-Request-Method": "POST" },
	},
];

/** What HTTP lets through to an application: a server refuses other headers, methods and paths by itself. */
const headerText = anyText.map((text) => text.replaceAll(/[^\t\u0020-\u007e\u00a0-\u00ff]/g, "").trim());
const spoiltHeader = (text: string) =>
	spoiltText(fc.constant(text), 2).map((it) => it.replaceAll(/[^\t\u0020-\u007e\u00a0-\u00ff]/g, "").trim());
const method = fc.constantFrom(
	"GET",
	"HEAD",
	"POST",
	"PUT",
	"DELETE",
	"PATCH",
	"OPTIONS",
	"PROPFIND",
	"get",
	"X-Y",
);
const name = fc.constantFrom(
	...[
		"Authorization",
		"Content-Type",
		"Accept",
		"Origin",
		"X-Forwarded-For",
		"Content-Encoding",
		"Content-Length",
	],
	...["Host", "Cookie", "Range", "If-None-Match", "X-HTTP-Method-Override", "Access-Control-Request-Headers"],
);

/** Most of a request stays good: one that is spoilt all over comes no farther than the first check. */
const rarely = <T>(times: number, arbitrary: Arbitrary<T>): Arbitrary<T | null> =>
	fc.oneof({ weight: times, arbitrary: fc.constant(null) }, { weight: 1, arbitrary });

const pathOf = (text: string) => `/${text.replace(/^\/+/, "")}`;

/** A good request with what is said, and with up to four parts of it spoilt. */
export const spoiltRequest: Arbitrary<Sent> = fc
	.tuple(
		fc.constantFrom(...REQUESTS),
		fc.record({
			method: rarely(6, method),
			path: rarely(
				8,
				fc.oneof(
					anyText,
					fc.constantFrom(...REQUESTS).map(({ path }) => path),
				),
			),
			pathChanges: rarely(4, anyChanges(2)),
			header: rarely(3, fc.tuple(name, headerText)),
			bare: rarely(8, name),
			bodyChanges: rarely(2, anyChanges(3)),
			json: rarely(3, fc.tuple(fc.nat(99), fc.jsonValue({ maxDepth: 3 }))),
			body: rarely(12, fc.oneof(anyText, fc.uint8Array({ maxLength: 40 }))),
			authorization: rarely(8, spoiltHeader("Bearer {device}")),
		}),
	)
	.map(([good, changes]) => {
		const headers: Record<string, string> = { ...good.headers };
		if (changes.bare) delete headers[changes.bare];
		if (changes.header) headers[changes.header[0]] = changes.header[1];
		if (changes.authorization !== null) headers.Authorization = changes.authorization;
		let body: Sent["body"] = good.body;
		if (typeof body === "string" && changes.json && body.startsWith("{"))
			body = withValue(body, ...changes.json);
		if (typeof body === "string") body = (changes.bodyChanges ?? []).reduce(spoil, body);
		if (changes.body !== null)
			body = typeof changes.body === "string" ? changes.body : new Uint8Array(changes.body);
		const path = (changes.pathChanges ?? []).reduce(spoil, pathOf(changes.path ?? good.path));
		const its = changes.method ?? good.method;
		const hasBody = body !== undefined && !["GET", "HEAD", "get"].includes(its);
		return { method: its, path: pathOf(path), headers, ...(hasBody && body !== undefined && { body }) };
	});

/** Another value for one of the fields, in it or beside it. */
function withValue(body: string, at: number, value: unknown): string {
	const fields = JSON.parse(body) as Record<string, unknown>;
	const names = [...Object.keys(fields), ...HOSTILE.slice(21, 28)];
	const its = names[at % names.length] ?? "";
	const inner = fields[its];
	if (at > 60 && typeof inner === "object" && inner !== null) {
		const inside = Object.keys(inner);
		return JSON.stringify({ ...fields, [its]: { ...inner, [inside[at % inside.length] ?? "x"]: value } });
	}
	return JSON.stringify({ ...fields, [its]: value });
}
