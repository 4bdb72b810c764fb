/** Which app a device comes to, where its dialect has no field for it. */
import { describe, expect, test } from "bun:test";
import { createAppChoice } from "../../src/registering/app-choice.ts";
import type { App } from "../../src/types.ts";

const apns = (name: string, more: Partial<App> = {}): App => ({ name, service: "apns", ...more });
const TO = "push@example.net/push";
const chosen = (
	apps: readonly App[],
	wish: Parameters<ReturnType<typeof createAppChoice>["choose"]>[0],
	to = TO,
) => createAppChoice(apps).choose(wish, to)?.name;

describe("a service's app", () => {
	test("is the first", () => {
		expect(chosen([{ name: "w", service: "webpush" }, apns("a"), apns("b")], { service: "apns" })).toBe("a");
	});

	test("is none where the service has none", () => {
		expect(chosen([apns("a")], { service: "fcm" })).toBeUndefined();
	});

	test.each([
		["push@example.net/push", "push@example.net/push", "b"],
		["push@example.net", "push@example.net/push", "b"],
		["example.net", "push@example.net/push", "b"],
		["Push@Example.NET/push", "push@example.net/push", "b"],
		["push.example.net", "push.example.net", "b"],
		["push.example.net", "b@push.example.net/x", "b"],
		["push@example.net/Push", "push@example.net/push", "a"],
		["push@example.net", "push@example.org/push", "a"],
		["ample.net", "push@example.net/push", "a"],
		["b@push.example.net", "push.example.net", "a"],
	])("with the address %s gets what is written to %s: %s", (address, to, app) => {
		const apps = [apns("a"), apns("b", { addresses: ["other.example", address] })];
		expect(chosen(apps, { service: "apns" }, to)).toBe(app);
	});

	test("is the address's even where a type names another", () => {
		const apps = [apns("apns"), apns("b", { addresses: ["example.net"] })];
		expect(chosen(apps, { type: "apns" })).toBe("b");
	});
});

describe("an app that is retired", () => {
	const apps = [
		apns("old", { retired: true }),
		apns("new"),
		{ name: "f", service: "fcm", retired: true } as App,
	];

	test("takes no new registrations", () => {
		expect(chosen(apps, { service: "apns" })).toBe("new");
		expect(chosen(apps, { provider: "snikket:apns:1" })).toBe("new");
		expect(chosen(apps, { service: "fcm" })).toBeUndefined();
		expect([...createAppChoice(apps).services]).toEqual(["apns"]);
		expect(createAppChoice(apps).providers).not.toContain("fcm-xmpp-api");
	});

	test("is looked at when one ends", () => {
		const names = createAppChoice(apps)
			.fitting({ service: "apns" })
			.map(({ name }) => name);
		expect(names).toEqual(["old", "new"]);
	});
});

describe("a type", () => {
	const apps = [apns("a"), apns("apns"), apns("b"), { name: "fcm", service: "apns" } as App];
	test.each([
		["apns", "apns"],
		["b", "b"],
		["fcm", "fcm"],
		["gcm", undefined],
		["__proto__", undefined],
	])("%s is the service's, or an app's name: %p", (type, app) => {
		expect(chosen(apps, { type })).toBe(app as string);
	});
});

describe("a provider", () => {
	test("is the app's that lists it", () => {
		const apps = [apns("a", { providers: ["x"] }), apns("b", { providers: ["y"] })];
		expect(chosen(apps, { provider: "y" })).toBe("b");
		expect(createAppChoice(apps).providers).toEqual(["x", "y"]);
	});

	test("that is known is its service's default app, unless apps of that service list providers", () => {
		expect(chosen([apns("a"), apns("b")], { provider: "snikket:apns:1" })).toBe("a");
		expect(
			chosen([apns("a"), apns("b", { providers: ["y"] })], { provider: "snikket:apns:1" }),
		).toBeUndefined();
	});

	test("that several apps list is decided by the address", () => {
		const apps = [
			apns("a", { providers: ["x"] }),
			apns("b", { providers: ["x"], addresses: ["example.net"] }),
		];
		expect(chosen(apps, { provider: "x" })).toBe("b");
		expect(chosen(apps, { provider: "x" }, "push.example")).toBe("a");
	});

	test("that nobody knows is nobody's", () => {
		expect(chosen([apns("a")], { provider: "com.example:apns:1" })).toBeUndefined();
	});
});
