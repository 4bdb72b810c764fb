/** Routes, times, addresses, obstacles, names of browsers and services: each a question with an answer. */
import { describe, expect, test } from "bun:test";
import { nameOf } from "../../../src/web/browser-name.ts";
import { readAccount, readService } from "../../../src/web/page/account.ts";
import { obstacleOf } from "../../../src/web/page/obstacle.ts";
import { hostOf, makerOf } from "../../../src/web/page/push-service.ts";
import { readSettings } from "../../../src/web/page/read-settings.ts";
import { hashOf, parseRoute, type Route } from "../../../src/web/page/routes.ts";
import { duration, when } from "../../../src/web/page/times.ts";
import { fakeBrowser, SETTINGS } from "./fakes.ts";

describe("a route", () => {
	test.each<Route>([
		{ at: "devices" },
		{ at: "devices", account: "romeo/x@example.net" },
		{ at: "device", node: "a/b?c#d" },
		{ at: "set-up", step: "sign-in" },
		{ at: "set-up", step: "allow" },
		{ at: "copy" },
	])("%p is read as it was written", (route) => {
		expect(parseRoute(hashOf(route))).toEqual(route);
	});

	test.each(["", "#", "#/", "#/nonsense", "#/device/", "#/device/%E0%A4%A", "#javascript:alert(1)"])(
		"%p is the list of devices",
		(hash) => expect(parseRoute(hash)).toEqual({ at: "devices" }),
	);
});

test("times are said as people say them", () => {
	const noon = new Date(2026, 10, 27, 12, 0, 0).getTime();
	const minute = 60_000;
	expect(when(noon - 5_000, noon, "en")).toBe("now");
	expect(when(noon - 4 * minute, noon, "en")).toBe("4 minutes ago");
	expect(when(noon - 120 * minute, noon, "en")).toMatch(/^today at 10:00/);
	expect(when(noon - 24 * 60 * minute, noon, "de")).toBe("gestern um 12:00");
	expect(when(noon - 55 * 24 * 60 * minute, noon, "de")).toBe("3. Oktober 2026");
	expect(when(noon + 9_000, noon, "en")).toBe("now");
	expect([duration(412.4, "en"), duration(2_440, "en"), duration(2_440, "de")]).toEqual([
		"412 ms",
		"2.4 s",
		"2,4 s",
	]);
});

test("an account and a server's address as they are typed", () => {
	expect(readAccount(" xmpp:Romeo@Example.NET ")).toEqual({
		jid: "Romeo@Example.NET",
		domain: "example.net",
	});
	expect(readAccount("romeo@example.net/phone")).toBeUndefined();
	expect(readService("wss://example.net/ws", true)).toBe("wss://example.net/ws");
	expect([
		readService("ws://example.net", true),
		readService("javascript:x", false),
		readService("", false),
	]).toEqual([undefined, undefined, undefined]);
});

test("obstacles, the first that a person has to do something about", () => {
	const of = (with_: object, settings: Parameters<typeof obstacleOf>[1] = SETTINGS) =>
		obstacleOf(fakeBrowser(with_), settings);
	expect(of({})).toBeUndefined();
	expect(of({ secure: false, serviceWorkers: false })).toBe("insecure");
	expect(of({ appleMobile: true, push: false })).toBe("install");
	expect(of({ appleMobile: true, push: false, standalone: true })).toBe("no-push");
	expect(of({ serviceWorkers: false })).toBe("no-service-workers");
	expect(obstacleOf(fakeBrowser(), undefined)).toBe("settings-away");
	const { vapidPublicKey: _, ...noKey } = SETTINGS;
	const { address: __, ...noAddress } = SETTINGS;
	expect(of({}, noKey)).toBe("web-push-off");
	expect(of({}, noAddress)).toBe("xmpp-off");
});

test("a push service is called like its maker", () => {
	expect(makerOf("https://updates.push.services.mozilla.com/x")).toBe("Mozilla");
	expect(makerOf("https://fcm.googleapis.com/x")).toBe("Google");
	expect(makerOf("https://evilgoogleapis.com/x")).toBe("evilgoogleapis.com");
	expect(hostOf("no URL")).toBe("");
});

test.each([
	["Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0", "Firefox Linux"],
	[
		"Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0 Safari/537.36 Edg/156.0",
		"Edge Windows",
	],
	[
		"Mozilla/5.0 (Linux; Android 16) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0 Mobile Safari/537.36",
		"Chrome Android",
	],
	[
		"Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 Version/18.5 Safari/604.1",
		"Safari iPhone",
	],
	["", "Browser "],
])("%p is called %p", (userAgent, name) => {
	expect(Object.values(nameOf(userAgent, userAgent.includes("iPhone"))).join(" ")).toBe(name);
});

test("settings that are none are as good as missing", async () => {
	const from = (answer: () => Response) =>
		readSettings((async () => answer()) as unknown as typeof fetch, "https://x");
	expect(await from(() => Response.json(SETTINGS))).toEqual(SETTINGS);
	expect(await from(() => Response.json(null))).toBeUndefined();
	expect(await from(() => new Response("<html>"))).toBeUndefined();
	expect(await from(() => new Response("", { status: 503 }))).toBeUndefined();
});
