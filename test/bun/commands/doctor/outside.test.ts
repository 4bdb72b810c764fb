/** What others answer, passed in: PUBLIC_URL, the rate of a server, who has an address, the legs of the loop. */
import { describe, expect, test } from "bun:test";
import xml from "@xmpp/xml";
import { ok, unknown, warn } from "../../../../src/bun/commands/doctor/finding.ts";
import { openLoop } from "../../../../src/bun/commands/doctor/loop/events.ts";
import { failureText, legsText } from "../../../../src/bun/commands/doctor/loop/loop.ts";
import { lookAtPublicUrl } from "../../../../src/bun/commands/doctor/public-url.ts";
import { withoutAny } from "../../../../src/bun/commands/doctor/services.ts";
import { lookAtUnifiedPush } from "../../../../src/bun/commands/doctor/unified-push.ts";
import { holderFinding } from "../../../../src/bun/commands/doctor/xmpp/holder.ts";
import { measureRate, rateFinding } from "../../../../src/bun/commands/doctor/xmpp/rate.ts";
import { parseConfig } from "../../../../src/config/config.ts";
import type { XmppAccount } from "../../../../src/config/connections.ts";

const clocks = { said() {} } as never;
const signal = new AbortController().signal;

describe("PUBLIC_URL", () => {
	const alive = () => Response.json({ status: "alive", version: "1" });
	const look = async (
		publicUrl: string | undefined,
		{
			arrival = null,
			answer = alive,
			isRunning = true,
		}: { arrival?: object | null; answer?: () => Response; isRunning?: boolean } = {},
	) => {
		const running = {
			status: { url: "http://127.0.0.1:5357" },
			ask: async (path: string) => Response.json(path === "/doctor/request" ? { word: "w" } : { arrival }),
		};
		const found = isRunning ? { kind: "running", running } : { kind: "none" };
		const config = parseConfig({ PUBLIC_URL: publicUrl });
		const get = async () => answer();
		const said = await lookAtPublicUrl({ config, found: found as never, clocks }, signal, get);
		return said
			.map(({ state, what, text, do: todo }) => `${state} ${what}: ${text} > ${todo ?? ""}`)
			.join("\n");
	};
	const arrival = { peer: "10.0.0.2", forwardedFor: "192.0.2.7", isTrusted: true };

	test("leads here when its request came", async () => {
		expect(await look("http://push.example.net", { arrival })).toContain("leads to this Reveille");
		expect(await look("http://push.example.net", { arrival })).toContain("ok Reverse proxy");
	});

	test("without a proxy has no proxy that could leave something out", async () => {
		const direct = { peer: "127.0.0.1", forwardedFor: null, isTrusted: false };
		expect(await look("http://127.0.0.1:5357", { arrival: direct })).not.toContain("proxy");
	});

	test("through a proxy that does not say who asks, or is not believed, is bad", async () => {
		const silent = { ...arrival, forwardedFor: null };
		expect(await look("http://push.example.net", { arrival: silent })).toContain("no X-Forwarded-For");
		const strange = { ...arrival, isTrusted: false };
		expect(await look("http://push.example.net", { arrival: strange })).toContain(
			"bad Reverse proxy: the proxy at 10.0.0.2 says who asks, and is not believed: all clients count as one. > set TRUSTED_PROXIES=10.0.0.2",
		);
	});

	test("that leads elsewhere is bad; to another Reveille it may be meant", async () => {
		const other = () => new Response("It works!");
		expect(await look("http://push.example.net", { answer: other })).toContain("bad PUBLIC_URL");
		expect(await look("http://push.example.net")).toContain("warn PUBLIC_URL: another Reveille");
		const moved = () => new Response(null, { status: 301, headers: { Location: "https://x.example/" } });
		expect(await look("http://push.example.net", { answer: moved })).toContain("redirects");
		const dead = () => {
			throw Object.assign(new Error("no"), { code: "ECONNREFUSED" });
		};
		expect(await look("http://push.example.net", { answer: dead })).toContain("ECONNREFUSED");
	});

	test("cannot be judged where nothing runs", async () => {
		const other = () => new Response("It works!");
		expect(await look("http://push.example.net", { answer: other, isRunning: false })).toContain("unknown");
		expect(await look(undefined)).toContain("unknown PUBLIC_URL: it is not set");
	});
});

describe("UnifiedPush endpoints", () => {
	const look = async (publicUrl: string | undefined, answer: () => Response) => {
		const asked: string[] = [];
		const config = parseConfig({ PUBLIC_URL: publicUrl, ...(publicUrl && { UNIFIEDPUSH: "true" }) });
		const get = async (url: string) => {
			asked.push(url);
			return answer();
		};
		const said = await lookAtUnifiedPush({ config }, signal, get);
		return {
			asked,
			said: said.map(({ state, text, do: todo }) => `${state} ${text} > ${todo ?? ""}`).join("\n"),
		};
	};
	const endpoint = () => Response.json({ unifiedpush: { version: 1 } });

	test("are asked for as apps ask, where they are served", async () => {
		const { asked, said } = await look("https://push.example.net/base/", endpoint);
		expect(asked).toEqual(["https://push.example.net/base/up/doctor"]);
		expect(said).toStartWith("ok endpoints are reached");
		expect(await look(undefined, endpoint)).toEqual({ asked: [], said: "" });
	});

	test("that the proxy leads elsewhere, that nobody answers, or that are not encrypted, are bad", async () => {
		const other = await look("https://push.example.net", () => new Response("It works!", { status: 404 }));
		expect(other.said).toContain(
			"bad endpoints are not reached at https://push.example.net (status 404). > let the reverse proxy lead /up/…",
		);
		const dead = await look("https://push.example.net", () => {
			throw Object.assign(new Error("no"), { code: "ECONNREFUSED" });
		});
		expect(dead.said).toContain("ECONNREFUSED");
		expect((await look("http://push.example.net", endpoint)).said).toContain("https alone");
	});
});

describe("the rate of a server", () => {
	const asking = (delay: (index: number) => number) => {
		let asked = 0;
		return { ask: () => Bun.sleep(delay(asked++)).then(() => xml("iq", {})) };
	};

	test("that answers at once has no limit", async () => {
		const rate = await measureRate(
			asking(() => 1),
			"example.net",
		);
		expect(rate.limit).toBeUndefined();
	});

	test("that holds up is measured without what it lets through at first", async () => {
		// 20 at once, then one each 20 ms: 50 kB a second.
		const rate = await measureRate(
			asking((index) => (index < 20 ? 1 : (index - 19) * 20)),
			"example.net",
			{
				lookMs: 300,
			},
		);
		expect(rate.limit).toBeGreaterThan(25_000);
		expect(rate.limit).toBeLessThan(70_000);
	});

	test("is told with the lines of the server that it is", () => {
		const account = { username: "push", domain: "example.net" };
		const slow = { limit: 10_000, ms: 5_000 };
		const finding = (software: string) => rateFinding(slow, { ...account, software });
		expect(finding("Prosody").do).toBe(
			'in prosody.cfg.lua: unlimited_jids = { "push@example.net" }, then restart it (systemctl restart prosody)',
		);
		expect(finding("ejabberd").do).toContain("shaper_rules");
		expect(finding("").do).toContain("unlimited_jids");
		expect(finding("").text).toContain("10.0 kB a second");
	});
});

describe("the holder of an address", () => {
	const account = {
		kind: "account",
		address: "push@example.net/push",
		resource: "push",
		username: "push",
		domain: "example.net",
		password: "secret",
		allow: [],
	} as XmppAccount;
	const online = { address: account.address, isOnline: true, isStandby: false, reason: null };
	const away = { ...online, isOnline: false, reason: "another session took it" };
	const ours = { kind: "reveille", value: "v" } as const;
	const other = { kind: "reveille", value: "x" } as const;
	const nobody = { kind: "nobody" } as const;
	const silent = { kind: "silent" } as const;
	const refused = {
		address: "push@example.net/push",
		isOnline: false,
		isStandby: false,
		reason: "XMPP_PASSWORD is wrong",
	};

	test.each([
		[ours, online, "ok", "this Reveille has"],
		[ours, { ...away, isStandby: true }, "ok", "This one stands by"],
		[ours, undefined, "warn", "another Reveille of the same database"],
		[other, undefined, "bad", "a Reveille of another database"],
		[{ kind: "other" } as const, undefined, "bad", "taken by another session"],
		[nobody, undefined, "ok", "is free"],
		[nobody, away, "bad", "another session took it"],
		[nobody, online, "bad", "knows no such session"],
		[silent, undefined, "unknown", "waits to be resumed"],
		[silent, online, "bad", "believes that it has it"],
		[silent, refused, "bad", "The Reveille that runs does not have it: XMPP_PASSWORD is wrong"],
	])("%o beside %o is %s", (holder, running, state, words) => {
		const finding = holderFinding(holder, { own: "v", account, running });
		expect(finding.state).toBe(state as never);
		expect(finding.text).toContain(words);
	});
});

describe("the loop", () => {
	const legs = () =>
		new Map([
			["arrived", 1_003],
			["handled", 1_004],
			["pushed", 1_006],
			["decrypted", 1_010],
		]);

	test("says how long each leg took", () => {
		expect(legsText({ legs }, { sentAt: 1_000, answeredAt: 1_012 })).toBe(
			"publish → here 3.0 ms, → handled 1.0 ms, → pushed 2.0 ms, → decrypted 4.0 ms, → answer 2.0 ms",
		);
	});

	test("says how far a publish came", () => {
		expect(failureText({ legs: () => new Map() }, "too long")).toContain("did not come to this Reveille");
		expect(failureText({ legs: () => new Map([["arrived", 1]]) }, "too long")).toContain("“here”");
	});

	test("reads what comes in pieces, and the first time of each leg", async () => {
		const events = [
			{ kind: "device", node: "n", secret: "s" },
			{ kind: "leg", leg: "handled", at: 1 },
			{ kind: "leg", leg: "handled", at: 2 },
			{ kind: "leg", leg: "decrypted", at: 3, body: "hello" },
		];
		const text = `${events.map((event) => JSON.stringify(event)).join("\n")}\n`;
		const ask = async () =>
			new Response(
				new ReadableStream({
					start(controller) {
						for (const piece of text.match(/.{1,7}/gs) ?? []) controller.enqueue(Buffer.from(piece));
						controller.close();
					},
				}),
			);
		const loop = await openLoop({ ask }, signal);
		expect(loop.device).toMatchObject({ node: "n", secret: "s" });
		expect(await loop.body).toBe("hello");
		expect(loop.legs().get("handled")).toBe(1);
		await expect(openLoop({ ask: async () => new Response("") }, signal)).rejects.toThrow("too many devices");
	});
});

describe("push services", () => {
	const away = warn("App ubuntu (ubuntu)", "not reached: push.ubports.com (ENOTFOUND).");

	test("of which none is reached are bad: nobody is woken", () => {
		expect(withoutAny([away, unknown("App ntfy (ntfy)", "")]).map(({ state }) => state)).toEqual([
			"bad",
			"unknown",
		]);
	});

	test("of which one is away are to be looked at: it may have nobody's devices", () => {
		expect(withoutAny([ok("App webpush (webpush)", "reached"), away]).map(({ state }) => state)).toEqual([
			"ok",
			"warn",
		]);
	});
});
