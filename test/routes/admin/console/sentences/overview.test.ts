import { describe, expect, test } from "bun:test";
import { todaySentence } from "../../../../../src/routes/admin/console/sentences/events.ts";
import {
	credentialView,
	type OverviewFacts,
	overviewSentences,
} from "../../../../../src/routes/admin/console/sentences/overview.ts";
import { servicesTitle } from "../../../../../src/routes/admin/console/sentences/services.ts";

const NOW = 1_800_000_000_000;
const MIN = 60_000;
const none = { delivered: 0, later: 0, gone: 0, refused: 0, setup: 0 };

const connector = (changed: Partial<OverviewFacts["connectors"][number]> = {}) => ({
	name: "berta",
	isOnline: true,
	addresses: [{ address: "push@example.net/push", isOnline: true, since: NOW - 1000 }],
	seenAt: NOW,
	delivered: [],
	...changed,
});
const facts = (changed: Partial<OverviewFacts> = {}): OverviewFacts => ({
	now: NOW,
	period: "hour",
	totals: { ...none, delivered: 4163, gone: 24 },
	p50: 21,
	connectors: [connector(), connector({ name: "clara" })],
	gates: [],
	gatesOpen: 7,
	waiting: 3,
	oldestDueMs: 6000,
	credentials: [],
	registrations: 18_204,
	notes: [],
	database: true,
	services: [
		{ name: "Web Push", isOn: true },
		{ name: "Apple (APNs)", isOn: false, turnOn: "Set APNS_KEY" },
	],
	webApp: true,
	...changed,
});
const said = (changed?: Partial<OverviewFacts>) => overviewSentences(facts(changed));

describe("is it well", () => {
	test("all is well", () => {
		const { title, text, state, troubles, way } = said();
		expect({ title, state, troubles }).toEqual({ title: "All is well", state: "ok", troubles: [] });
		expect(text).toBe(
			"4,163 pushes were delivered in the last hour, and half of the publishes were answered within 21 ms. 3 pushes wait on disk, the oldest for 6 s; none is lost.",
		);
		expect(way.map(({ text }) => text)).toEqual([
			"2 of 2 connectors online",
			"21 ms to the answer",
			"3 wait, the oldest for 6 s",
			"All 7 gates are open",
			"18,204 registered",
		]);
	});

	test("nothing happened yet", () => {
		const empty = said({ totals: none, p50: undefined, registrations: 0, waiting: 0, oldestDueMs: 0 });
		expect(empty).toMatchObject({ state: "empty", title: "Ready, and nobody is registered yet" });
		expect(empty.text).toContain("Open the web app, or give somebody an invite.");
	});

	test("the worst comes first, and each says what to do", () => {
		const { title, state, troubles, text } = said({
			gates: [
				{
					app: "unifiedpush",
					origin: "ntfy.example.org",
					state: "shut",
					since: NOW - MIN,
					until: NOW + MIN,
					why: "429 too many requests",
					waiting: 6,
				},
				{
					app: "chat-ios",
					state: "shut",
					since: NOW - 24 * MIN,
					why: "403 key, key id and team id do not fit",
					waiting: 806,
				},
			],
			gatesOpen: 5,
			connectors: [
				connector(),
				connector({
					name: "clara",
					isOnline: false,
					seenAt: NOW - 11 * MIN,
					note: "The server closed the stream: system-shutdown",
				}),
			],
			waiting: 812,
			oldestDueMs: 24 * MIN,
		});
		expect([title, state]).toEqual([
			"The credentials of chat-ios are refused, and the push service ntfy.example.org fails",
			"bad",
		]);
		expect(troubles.map(({ title, state }) => [title, state])).toEqual([
			["Renew the credentials of chat-ios", "bad"],
			["ntfy.example.org (unifiedpush) is tried again by itself", "warn"],
			["Look at the connector clara", "warn"],
		]);
		expect(troubles[0]?.text).toContain(
			"403 key, key id and team id do not fit. It has been shut for 24 min. 806 pushes wait.",
		);
		expect(troubles[2]?.text).toBe(
			"It gave no sign for 11 min. The server closed the stream: system-shutdown. berta goes on.",
		);
		expect(text).toContain("812 pushes wait on disk, the oldest for 24 min; none is lost.");
	});

	test("no connector is online, or none was told of an XMPP server", () => {
		const fresh = said({
			connectors: [connector({ isOnline: false, addresses: [], note: "set XMPP_SERVICE" })],
		});
		expect([fresh.title, fresh.troubles[0]?.title]).toEqual(["XMPP is not set up", "Set XMPP up"]);
		expect(fresh.troubles[0]?.text).toStartWith("Set XMPP_SERVICE. Until then");
		const { title, state } = said({ connectors: [connector({ isOnline: false, seenAt: NOW - 11 * MIN })] });
		expect([title, state]).toEqual(["The connector is offline", "bad"]);
		expect(said({ connectors: [] }).troubles[0]?.copy).toBe("ROLE=connector");
	});

	test("the database, an old replica, a clock, and what is late", () => {
		expect(said({ database: "The database does not answer." }).state).toBe("bad");
		expect(said({ connectors: [connector({ replicaAge: 4 * MIN })] }).troubles[0]?.text).toContain(
			"4 min old",
		);
		expect(said({ notes: ["x says that it is 20 minutes later than this machine's clock."] }).title).toBe(
			"A clock is wrong",
		);
		expect(said({ oldestDueMs: 10 * MIN }).title).toBe("Pushes are late");
	});

	test("a credential that ends", () => {
		const day = 86_400_000;
		expect(credentialView("a", "certificate", NOW + 41 * day, NOW)).toMatchObject({
			state: "ok",
			text: "It ends in 41 days.",
		});
		expect(credentialView("a", "certificate", NOW + 4 * day, NOW).state).toBe("warn");
		const gone = credentialView("a", "certificate", NOW - day, NOW);
		expect(gone.state).toBe("bad");
		expect(said({ credentials: [gone] }).title).toBe("The certificate of a has ended");
		expect(credentialView("a", "VAPID key", undefined, NOW).state).toBe("ok");
	});
});

test("push services, in one sentence", () => {
	const shut = { app: "a", state: "shut" as const, waiting: 0 };
	expect(servicesTitle([], 7)).toBe("All push services are open");
	expect(servicesTitle([shut], 6)).toBe("1 of 7 gates is shut. Its pushes are kept until you act.");
	const passing = { ...shut, until: NOW };
	expect(servicesTitle([passing], 0)).toContain("tried again by itself");
	expect(servicesTitle([shut, passing], 1)).toBe(
		"2 of 3 gates are shut. Their pushes are kept, and 1 of them stays shut until you act.",
	);
	expect(servicesTitle([shut, shut], 1)).toEndWith("Their pushes are kept until you act.");
	expect(servicesTitle([passing, passing], 1)).toEndWith("and they are tried again by themselves.");
});

test("how many failed today, and why", () => {
	const row = { app: "chat-android", kind: "refused" as const, reason: "400 INVALID_ARGUMENT", count: 138 };
	expect(todaySentence([])).toBe("Today no push failed.");
	expect(todaySentence([row])).toBe(
		"Today pushes failed 138 times: chat-android was answered “400 INVALID_ARGUMENT”.",
	);
	expect(todaySentence([row], [row, { kind: "failed", reason: "x" }])).toBe(
		"Today pushes failed 277 times, 276 of them because chat-android was answered “400 INVALID_ARGUMENT”.",
	);
	expect(
		todaySentence([
			{ ...row, kind: "failed", count: 76, reason: "x" },
			row,
			{ ...row, kind: "ended", count: 2 },
		]),
	).toBe(
		"Today pushes failed 214 times, 138 of them because chat-android was answered “400 INVALID_ARGUMENT”. 2 registrations ended.",
	);
});
