import { afterAll, describe, expect, test } from "bun:test";
import { Validator } from "@seriousme/openapi-schema-validator";
import { z } from "zod";
import { problemKinds } from "../../../src/routes/problem.ts";
import { startTestServer } from "../routes-fixture.ts";

const server = await startTestServer();
afterAll(() => server.close());

// biome-ignore lint/suspicious/noExplicitAny: a document from outside, looked into everywhere
type Json = any;
const document: Json = await (await server.app.request("/openapi.json")).json();
const operations: { path: string; method: string; operation: Json }[] = Object.entries<Json>(
	document.paths,
).flatMap(([path, item]) =>
	Object.entries<Json>(item).map(([method, operation]) => ({ path, method, operation })),
);

/** Checks a value against a schema of the document. */
function check(schema: Json, value: unknown) {
	// zod reads references from $defs.
	const whole = JSON.parse(
		JSON.stringify({ ...schema, $defs: document.components.schemas }).replaceAll(
			"#/components/schemas/",
			"#/$defs/",
		),
	);
	return z.fromJSONSchema(whole).safeParse(value);
}

function* nodesOf(value: Json, path = ""): Generator<[string, Json]> {
	if (typeof value !== "object" || value === null) return;
	yield [path, value];
	for (const [key, inner] of Object.entries(value)) yield* nodesOf(inner, `${path}/${key}`);
}

describe("the OpenAPI document", () => {
	test("is OpenAPI 3.1 and is served to any origin", async () => {
		const response = await server.app.request("/openapi.json");
		expect(response.headers.get("Content-Type")).toStartWith("application/json");
		expect(response.headers.get("Access-Control-Allow-Origin")).toBe("*");
		expect(document.openapi).toMatch(/^3\.1\.\d$/);
		expect(document.info).toMatchObject({ title: "Reveille", version: "0.0.0-test" });
		// SPDX's, which validators ask for beside the name.
		expect(document.info.license).toEqual({ name: "MIT", identifier: "MIT" });
	});

	test("is taken by the official schema of OpenAPI 3.1", async () => {
		const validator = new Validator();
		expect(await validator.validate(structuredClone(document))).toEqual({ valid: true });
		expect(validator.version).toBe("3.1");
	});

	test("describes every route there is, and no other", () => {
		const undocumented = new Set([
			"GET /",
			"GET /docs",
			"GET /openapi.json",
			"GET /favicon.svg",
			"GET /favicon.ico",
			// What browsers get who look into the form API.
			"GET /push_appserver/v1/register",
			"GET /push_appserver/v1/unregister",
			"GET /push_appserver/v1/push",
			"GET /push_appserver/v1/settings",
			"GET /push_appserver/v1/settings/{node}",
		]);
		const served = server.app.routes
			.filter(({ method }) => method !== "ALL")
			.map(({ method, path }) => `${method} ${path.replace(/:(\w+)/g, "{$1}")}`)
			.filter((route) => !undocumented.has(route));
		const described = operations.map(({ method, path }) => `${method.toUpperCase()} ${path}`);
		expect([...new Set(served)].sort()).toEqual(described.sort());
	});

	test("names each operation once, with a summary and a known tag", () => {
		const ids = operations.map(({ operation }) => operation.operationId);
		expect(new Set(ids).size).toBe(ids.length);
		const tags = document.tags.map(({ name }: Json) => name);
		for (const { operation } of operations) {
			expect(operation.operationId).toMatch(/^\w+$/);
			expect(operation.summary).toBeTruthy();
			expect(operation.tags).toHaveLength(1);
			expect(tags).toContain(operation.tags[0]);
		}
	});

	test("declares each parameter of a path", () => {
		for (const { path, operation } of operations) {
			const named = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]);
			const declared = (operation.parameters ?? []).map((parameter: Json) => {
				expect(parameter).toMatchObject({ in: "path", required: true });
				return parameter.name;
			});
			expect(declared).toEqual(named as string[]);
		}
	});

	test("every response has a description, and every body a schema", () => {
		for (const { operation } of operations) {
			for (const [status, response] of Object.entries<Json>(operation.responses)) {
				expect(status).toMatch(/^[2-5]\d\d$/);
				expect(response.description).toBeTruthy();
				for (const media of Object.values<Json>(response.content ?? {})) expect(media.schema).toBeTruthy();
			}
		}
	});

	test("every reference leads somewhere, and every security scheme exists", () => {
		for (const [, node] of nodesOf(document)) {
			if (typeof node.$ref !== "string") continue;
			const target = node.$ref
				.slice(2)
				.split("/")
				.reduce((inner: Json, key: string) => inner?.[key], document);
			expect(target).toBeDefined();
		}
		for (const { operation } of operations) {
			for (const way of operation.security ?? []) {
				for (const name of Object.keys(way)) expect(document.components.securitySchemes[name]).toBeDefined();
			}
		}
	});

	test("asks for the device secret where the server does", () => {
		for (const { path, operation } of operations) {
			const secret = (operation.security ?? []).some((way: Json) => "deviceSecret" in way);
			expect(secret).toBe(path.startsWith("/api/v1/registrations/{node}"));
		}
	});

	test("each example of a field fits its schema", () => {
		let checked = 0;
		for (const [path, node] of nodesOf(document.components.schemas)) {
			if (!("example" in node) || path.endsWith("/properties")) continue;
			expect({ path, ...check(node, node.example) }).toMatchObject({ path, success: true });
			checked++;
		}
		expect(checked).toBeGreaterThan(20);
	});

	test("each example of a body fits its schema", () => {
		let checked = 0;
		for (const [path, node] of nodesOf(document.paths)) {
			for (const { value } of Object.values<Json>(node.schema ? (node.examples ?? {}) : {})) {
				expect({ path, ...check(node.schema, value) }).toMatchObject({ path, success: true });
				checked++;
			}
		}
		expect(checked).toBeGreaterThan(20);
	});

	test("what the server really answers fits the document, and its problems are described", async () => {
		const body = { subscription: { endpoint: "https://push.example/1" }, deviceName: "Kitchen" };
		const made = await server.registered(body);
		const answers: [string, string, Response][] = [
			["post", "/api/v1/registrations", await server.json("POST", "/registrations", body)],
			["post", "/api/v1/registrations", await server.json("POST", "/registrations", {})],
			["post", "/api/v1/registrations", await server.json("POST", "/registrations", "{")],
			["get", "/api/v1/services", await server.json("GET", "/services")],
			["get", "/health", await server.app.request("/health")],
			["get", "/ready", await server.app.request("/ready")],
		];
		for (const secret of [made.deviceSecret, "wrong", undefined]) {
			const [path, at] = ["/api/v1/registrations/{node}", `/registrations/${made.node}`];
			answers.push(
				["get", path, await server.json("GET", at, undefined, secret)],
				["put", path, await server.json("PUT", at, body, secret)],
				["post", `${path}/test`, await server.json("POST", `${at}/test`, undefined, secret)],
			);
		}
		for (const [method, path, response] of answers) {
			const described = document.paths[path][method].responses[response.status];
			expect({ path, status: response.status, described: described !== undefined }).toMatchObject({
				described: true,
			});
			const type = (response.headers.get("Content-Type") ?? "").split(";")[0] as string;
			const result = check(described.content[type].schema, await response.json());
			expect({ path, status: response.status, ...result }).toMatchObject({ success: true });
		}
	});

	test("refuses in its schema what the server refuses: fields it does not know", () => {
		const { Register } = document.components.schemas;
		expect(check(Register, { subscription: { endpoint: "https://push.example/1" } }).success).toBe(true);
		expect(check(Register, { subscription: { endpoint: "https://push.example/1" }, other: 1 }).success).toBe(
			false,
		);
		expect(check(Register, { subscription: {} }).success).toBe(false);
	});
});

describe("the page to browse it", () => {
	test("has every operation, every field and every kind of problem, for links to lead to", async () => {
		const page = await (await server.app.request("/docs")).text();
		expect(page).toStartWith("<!DOCTYPE html>");
		for (const { path, operation } of operations) {
			expect(page).toContain(`id="${operation.operationId}"`);
			expect(page).toContain(path);
		}
		for (const kind of Object.keys(problemKinds)) expect(page).toContain(`id="problem-${kind}"`);
		for (const field of ["subscription.keys.p256dh", "deviceName", "expirationTime", "apps[].vapidPublicKey"])
			expect(page).toContain(field);
		const links = [...page.matchAll(/href="#([^"]+)"/g)].map((match) => match[1] as string);
		expect(links.length).toBeGreaterThan(0);
		for (const link of links) expect(page).toContain(`id="${link}"`);
	});

	test("shows of a schema that adds to another the fields of both (allOf)", async () => {
		expect(document.components.schemas.Renewed.allOf).toHaveLength(2);
		const page = await (await server.app.request("/docs")).text();
		const renewing = /<details id="renew">.*?<\/details>/s.exec(page)?.[0] ?? "";
		const responses = renewing.slice(renewing.indexOf("<h3>Responses</h3>"));
		for (const field of ["jid", "node", "registeredAt", "lastSuccessAt", "secret", "deviceSecret"])
			expect(responses).toContain(`<td><code>${field}</code></td>`);
		// What one part asks for, the whole does.
		expect(responses).toMatch(/<code>registeredAt<\/code><\/td><td>string<div/);
		expect(responses).toMatch(/<code>deviceSecret<\/code><\/td><td>string, optional<div/);
	});

	test("needs no script and nothing from elsewhere; its style carries the nonce that the policy allows", async () => {
		const response = await server.app.request("/docs");
		const page = await response.text();
		expect(page).not.toMatch(/<script|<link(?! rel="icon" )|<img|@import|url\(|\son\w+=|\sstyle=/);
		expect([...page.matchAll(/(?:src|href)="(?![#/])/g)]).toEqual([]);
		const nonce = /<style nonce="([^"]+)"/.exec(page)?.[1] as string;
		expect(nonce.length).toBeGreaterThan(20);
		expect(response.headers.get("Content-Security-Policy")).toContain(`style-src 'nonce-${nonce}'`);
		const again = await (await server.app.request("/docs")).text();
		expect(again).not.toContain(nonce);
	});

	test("its request can be pasted into a shell's command and works", async () => {
		const page = await (await server.app.request("/docs")).text();
		const text = page.replaceAll("&#39;", "'").replaceAll("&quot;", '"');
		const body = /id="register".*?-d '(.*?)'/s.exec(text)?.[1] as string;
		expect(Object.keys(JSON.parse(body))).toEqual(["subscription", "deviceName"]);
		expect((await server.json("POST", "/registrations", body)).status).toBe(201);
	});
});
