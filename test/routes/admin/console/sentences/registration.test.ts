/** An operator asks: why does romeo get no pushes? */
import { describe, expect, test } from "bun:test";
import {
	type RegistrationFacts,
	registrationSentences,
} from "../../../../../src/routes/admin/console/sentences/registration.ts";
import type { Happened } from "../../../../../src/store/console/events.ts";
import type { Enabling } from "../../../../../src/types.ts";
import type { GateView } from "../../../../../src/web/console/wire.ts";

const NOW = 1_800_000_000_000;
const MIN = 60_000;
const DAY = 86_400_000;

const facts = (changed: Partial<RegistrationFacts> = {}): RegistrationFacts => ({
	now: NOW,
	owner: "romeo@example.net",
	device: "iPhone",
	app: "chat-ios",
	provider: "Apple",
	row: { registeredAt: NOW - 3 * DAY },
	events: [],
	fromServer: [],
	last: undefined,
	gate: undefined,
	bar: undefined,
	lifting: "Lift it under “Barred”.",
	clocks: [],
	isUnifiedPush: false,
	othersWork: false,
	...changed,
});
const event = (changed: Partial<Happened>): Happened => ({
	at: NOW - DAY,
	kind: "ended",
	reason: "410 the app is not on the device any more (Unregistered)",
	decider: "provider",
	decidedBy: "Apple",
	...changed,
});
const gate = (changed: Partial<GateView> = {}): GateView => ({
	app: "chat-ios",
	state: "shut",
	since: NOW - 24 * MIN,
	until: NOW + 4 * MIN,
	why: "503 push service unwell",
	waiting: 6,
	...changed,
});
const said = (changed?: Partial<RegistrationFacts>) => registrationSentences(facts(changed));
const working = { registeredAt: NOW - 3 * DAY, lastSuccessAt: NOW - 5 * MIN };

describe("romeo's server, where Reveille enables push in his name", () => {
	const enabling = (state: Enabling["state"], reason?: string): Enabling => ({
		node: "n",
		owner: "romeo@example.net",
		jid: "push.example.net",
		state,
		since: NOW - 24 * MIN,
		...(reason !== undefined && { reason }),
	});

	test("did not do it yet", () => {
		expect(
			said({ enabling: enabling("waiting", "example.net does not give the permission (XEP-0356)") }),
		).toEqual({
			state: "warn",
			title: "romeo gets no pushes here yet: push is not enabled at example.net",
			text: "It has been so for 24 min. The reason: Example.net does not give the permission (XEP-0356). The server is asked again by itself, for a week.",
		});
	});

	test("refused", () => {
		expect(said({ enabling: enabling("refused", "its server answered forbidden") })).toEqual({
			state: "bad",
			title: "romeo gets no pushes here: example.net refused to enable push",
			text: "It has been so for 24 min. The reason: Its server answered forbidden. Ask romeo to open the app once: it registers again, and the server is asked again.",
		});
	});

	test("did it: the next cause counts", () => {
		expect(said({ enabling: enabling("enabled"), row: working }).state).toBe("ok");
	});
});

describe("why romeo gets no pushes", () => {
	test("his server never published", () => {
		const { title, text, state } = said();
		expect([title, state]).toEqual(["example.net never published for iPhone of romeo", "warn"]);
		expect(text).toContain("registered 3 days ago");
		expect(text).toContain("mod_cloud_notify");
		expect(said({ othersWork: true }).text).toContain("publishes for other devices of romeo");
	});

	const wrong = (kind: "wrong-node" | "wrong-secret", changed: Partial<Happened> = {}) =>
		event({
			kind,
			at: NOW - MIN,
			decider: "server",
			decidedBy: "example.net",
			reason: "no such registration",
			...changed,
		});

	test("his server publishes with a wrong secret", () => {
		const { title, text, state } = said({ events: [wrong("wrong-secret")] });
		expect([title, state]).toEqual([
			"romeo gets no pushes here: example.net publishes with a wrong secret",
			"bad",
		]);
		expect(text).toContain("1 min ago");
		expect(text).toContain("Ask romeo to open the app once");
		// It did better since.
		expect(said({ events: [wrong("wrong-secret")], row: { ...working, lastSuccessAt: NOW } }).state).toBe(
			"ok",
		);
	});

	test("his server publishes to a wrong node", () => {
		const fromServer = [wrong("wrong-secret", { node: "8f2kR1xw7TqYb3mLz0hVd5Nc" })];
		const { title, text, state } = said({ fromServer });
		expect([title, state]).toEqual([
			"romeo gets no pushes here: example.net publishes to a wrong node",
			"bad",
		]);
		expect(text).toContain("last to “8f2kR1xw…”");
		expect(text).toContain("may have been for somebody else of example.net");
		// Others' are no matter where his arrive.
		expect(said({ fromServer, row: working }).state).toBe("ok");
	});

	test("another server publishes to him, which may not", () => {
		const stranger = wrong("wrong-node", {
			decidedBy: "evil.example",
			reason: "published by another domain than the owner's",
		});
		const { title, text } = said({ events: [stranger] });
		expect(title).toBe("romeo gets no pushes here: evil.example publishes, and it may not");
		expect(text).toContain("XMPP_PUBLISHERS=any");
	});

	test("his device is gone since yesterday: the row is gone, the event is there", () => {
		const { title, text, state } = said({ row: undefined, events: [event({})] });
		expect([title, state]).toEqual(["romeo gets no pushes here: Apple says that iPhone is gone", "bad"]);
		expect(text).toContain("“410 the app is not on the device any more (Unregistered)” 1 day ago");
		expect(text).toContain("it registers again by itself");
		const later = event({ kind: "wrong-node", at: NOW - MIN });
		expect(said({ row: undefined, events: [later, event({})] }).text).toContain(
			"example.net has published since",
		);
	});

	test.each([
		["owner", "romeo ended iPhone"],
		["operator", "romeo gets no pushes here: you ended iPhone"],
		["sweep", "iPhone was not used for long, and ended"],
	] as const)("it ended, and the %s decided", (decider, title) => {
		expect(said({ row: undefined, events: [event({ decider })] }).title).toBe(title);
	});

	test("nothing is known of it", () => {
		expect(said({ row: undefined })).toMatchObject({ state: "off", title: "There is no such registration" });
	});

	test("the gate is shut for a while", () => {
		const { title, text, state } = said({ row: working, gate: gate({ origin: "ntfy.example.org" }) });
		expect([title, state]).toEqual(["Pushes of romeo wait: the gate of ntfy.example.org is shut", "warn"]);
		expect(text).toContain("503 push service unwell");
		expect(text).toContain("shut for 24 min. It is tried again in 4 min. 6 pushes wait");
	});

	test("our credentials are refused, until somebody acts", () => {
		const { until: _, ...ours } = gate({
			why: "403 key, key id and team id do not fit (InvalidProviderToken)",
		});
		const { title, text, state } = said({ row: working, gate: ours });
		expect([title, state]).toEqual([
			"romeo gets no pushes here: Apple refuses the credentials of chat-ios",
			"bad",
		]);
		expect(text).toContain("Correct the app's credentials and reload Reveille");
		expect(text).not.toContain("`");
	});

	test.each(["romeo@example.net", "example.net"])("%s is barred", (who) => {
		const bar = { who, reason: "10,000 publishes in a minute", at: NOW - 2 * DAY, ended: 4 };
		const { title, text, state } = said({ row: undefined, events: [event({ decider: "operator" })], bar });
		expect([title, state]).toEqual([`romeo gets no pushes here: you barred ${who}`, "bad"]);
		expect(text).toContain("10,000 publishes in a minute");
		expect(text).toContain("Lift it");
	});

	test("a clock is wrong: ours, if several say so, or theirs", () => {
		const shut = gate({ why: "403 token refused as too old: is our clock right?" });
		const ours = said({ row: working, gate: shut, clocks: ["a says 20 minutes later.", "b says so too."] });
		expect(ours.title).toBe("romeo gets no pushes here: a clock is wrong, and Apple refuses what we sign");
		expect(ours.text).toContain("it is this machine's clock");
		expect(said({ row: working, gate: shut, clocks: ["a says so."] }).text).toContain("its clock is wrong");
		expect(said({ row: working, gate: shut }).title).toContain("which a wrong clock does");
		// Google does not say that it is the time which it refuses.
		const { until: _, ...untilMended } = gate({ why: "token endpoint: 400 refused our credentials" });
		expect(said({ row: working, gate: untilMended, clocks: ["a says so."] }).title).toBe(ours.title);
		expect(said({ row: working, gate: untilMended }).title).toContain("refuses the credentials");
		// A clock that differs and harms nobody is no reason.
		expect(said({ row: working, clocks: ["a says so."] }).state).toBe("ok");
	});

	test("it waits, or it is not taken", () => {
		const last = { at: NOW - MIN, answer: "queued" };
		const row = { ...working, lastErrorAt: NOW - MIN, lastError: "503 push service unwell" };
		expect(said({ row, last })).toMatchObject({
			state: "warn",
			title: "A push for romeo waits, and is tried again by itself",
		});
		const refused = said({ row, events: [event({ kind: "refused", at: NOW - MIN })] });
		expect([refused.title, refused.state]).toEqual([
			"romeo gets no pushes here: Apple does not take them",
			"bad",
		]);
		expect(refused.text).toContain("not tried again");
	});

	test.each([
		["413 refused as too large (PayloadTooLarge)", "leave “body” out of its include"],
		["403 forbidden", "Open the app on the device once"],
		["403 the topic is not open to everybody", "needs an access token"],
		["400 refused as malformed (INVALID_ARGUMENT)", "end it, and open the app once"],
		["403 channel of another app", "with another key or app"],
		["403 VAPID token refused (BadJwtToken)", "If the reason names a setting"],
	])("it is refused with %s: what helps then", (lastError, advice) => {
		const row = { ...working, lastErrorAt: NOW - MIN, lastError };
		expect(said({ row, events: [event({ kind: "refused", at: NOW - MIN })] }).text).toContain(advice);
	});

	test("what a browser's push service forbids is no matter of ntfy's", () => {
		const row = { ...working, lastErrorAt: NOW - MIN, lastError: "403 forbidden" };
		const { text } = said({ row, events: [event({ kind: "refused", at: NOW - MIN })] });
		expect(text).not.toContain("ntfy");
	});

	test("all is well", () => {
		expect(said({ row: working })).toMatchObject({
			state: "ok",
			title: "romeo is woken: the last push arrived 5 min ago",
		});
	});
});

test("a UnifiedPush device is not published to, and is told of in its own words", () => {
	const phone = { app: "UnifiedPush/XMPP", device: "UnifiedPush: Conversations" };
	expect(said({ ...phone, row: working })).toMatchObject({
		state: "bad",
		title: "romeo gets no pushes here: UnifiedPush is off",
	});
	const on = { ...phone, isUnifiedPush: true };
	expect(said(on)).toMatchObject({
		state: "off",
		title: "No push has come to UnifiedPush: Conversations of romeo so far",
	});
	expect(said({ ...on, row: working })).toMatchObject({
		state: "ok",
		title: "romeo is reached: the last push arrived 5 min ago",
	});
	expect(
		said({ ...on, row: undefined, events: [event({ decidedBy: "its phone", reason: "the app is gone" })] })
			.title,
	).toBe("romeo gets no pushes here: its phone says that UnifiedPush: Conversations is gone");
});

test("a device without an owner is called a device", () => {
	expect(said({ owner: "" }).title).toBe("Its user's server never published for this device");
	expect(said({ owner: "", row: working }).title).toStartWith("This device is woken");
	expect(said({ owner: "", row: working, gate: gate() }).title).toBe(
		"Pushes of this device wait: the gate of chat-ios is shut",
	);
});
