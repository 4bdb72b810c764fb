/** Each page of the console, over a real database. */
import { afterEach, describe, expect, test } from "bun:test";
import { RELAY_APP } from "../../../../src/delivery/push2-relay.ts";
import type { Figures } from "../../../../src/store/console/figures.ts";
import { noAnswers } from "../../../../src/store/console/figures.ts";
import type {
	BarCount,
	BarView,
	FoundEvents,
	InviteView,
	MadeInvite,
	Overview,
	RegistrationView,
	ServicesView,
	TestPush,
} from "../../../../src/web/console/wire.ts";
import { type ConsoleServer, NOW, openPage, type startConsole } from "./console-fixture.ts";

let server: ConsoleServer;
let page: Awaited<ReturnType<ConsoleServer["browser"]>>;
let get: Page["get"];
let post: Page["post"];
let registered: Page["registered"];
afterEach(() => server?.close());

type Page = Awaited<ReturnType<typeof openPage>>;
async function start(...options: Parameters<typeof startConsole>) {
	({ server, page, get, post, registered } = await openPage(...options));
}

const MIN = 60_000;
const figures = (changed: Partial<Figures> = {}): Figures => {
	const answers = noAnswers();
	answers[8] = 12;
	return {
		host: "clara",
		pushes: { webpush: { delivered: 10, gone: 1 } },
		reasons: [["webpush", "gone", "410 subscription ended", 1]],
		publishes: 12,
		answers,
		waiting: 2,
		oldestDueMs: 6000,
		addresses: { "push@example.net/push": 1 },
		shut: [],
		...changed,
	};
};
/** Of a connector that wrote its last minute so many minutes ago. */
const write = (connector: string, minutesAgo: number, changed: Partial<Figures> = {}) =>
	server.history.write(Math.floor(server.clock.now / MIN) - 1 - minutesAgo, connector, figures(changed));

describe("the overview", () => {
	test("of a Reveille that was just started", async () => {
		await start();
		const overview = await get<Overview>("overview?period=hour");
		expect(overview).toMatchObject({ state: "empty", registrations: 0, stepMs: MIN, troubles: [] });
		expect(overview.intervals).toHaveLength(60);
		expect(overview.connectors).toMatchObject([{ name: "berta", isOnline: true, waiting: 0 }]);
		expect(overview.services.find(({ name }) => name === "Apple (APNs)")).toMatchObject({
			isOn: false,
			turnOn: expect.stringContaining("APNS_KEY"),
		});
	});

	test("puts several connectors side by side, and this process's own as it is now", async () => {
		await start();
		await registered("romeo@example.net");
		server.clock.now += MIN;
		await write("connector-a", 1, { host: "berta", waiting: 99 });
		await write("connector-b", 0);
		await write("connector-c", 30, { host: "clara" });
		for (const period of ["hour", "day", "week"]) {
			const overview = await get<Overview>(`overview?period=${period}`);
			expect(overview.totals).toMatchObject({ delivered: 30, gone: 3 });
			expect(overview.registrations).toBe(1);
			expect(overview.connectors.map(({ name, isOnline, waiting }) => [name, isOnline, waiting])).toEqual([
				["berta", true, 0],
				["clara (conn)", false, undefined],
				["clara (conn)", true, 2],
			]);
			expect(overview.title).toBe("The connector clara (conn) is offline");
			expect(overview.troubles[0]?.text).toContain("no sign for 30 min");
			expect(overview.text).toContain("30 pushes were delivered in the last");
		}
	});

	test("one that stands by is well, as long as another one holds its address", async () => {
		await start();
		await write("connector-b", 0, { addresses: { "push@example.net/push": 0 }, note: "another one has it" });
		expect((await get<Overview>("overview")).connectors.map(({ isOnline }) => isOnline)).toEqual([
			true,
			true,
		]);
	});

	test("says which gates are shut, and whether somebody must act", async () => {
		await start();
		server.clock.live = {
			...NOW,
			gatesOpen: 6,
			gates: [
				{
					name: "webpush https://ntfy.example.org",
					app: "webpush",
					since: server.clock.now - MIN,
					until: server.clock.now + MIN,
					why: "429 too many requests",
				},
				{
					name: "chat-ios",
					app: "chat-ios",
					since: server.clock.now - MIN,
					why: "403 key refused",
					isOurs: true,
					waiting: 5,
				},
			],
		};
		const overview = await get<Overview>("overview");
		expect(overview.state).toBe("bad");
		expect(overview.title).toBe(
			"The credentials of chat-ios are refused, and the push service ntfy.example.org fails",
		);
		expect(overview.gates).toMatchObject([
			{ app: "webpush", origin: "ntfy.example.org", state: "shut", until: server.clock.now + MIN },
			{ app: "chat-ios", state: "shut", waiting: 5 },
		]);
		expect(overview.gates[1]).not.toHaveProperty("until");
		const services = await get<ServicesView>("services?period=hour");
		expect(services.title).toStartWith("2 of 8 gates are shut");
		expect(services.apps.find(({ app }) => app === "webpush")).toMatchObject({
			gate: "some-shut",
			isOn: true,
		});
	});

	test("says when a certificate ends", async () => {
		await start({ apps: [{ name: "old", service: "apns", credential: "APNs certificate" }] });
		server.clock.live = { ...NOW, certificates: [{ app: "old", endsAt: server.clock.now + 4 * 86_400_000 }] };
		const { title, credentials } = await get<Overview>("overview");
		expect(title).toBe("The APNs certificate of old ends soon");
		expect(credentials).toMatchObject([
			{ app: "old", state: "warn", text: "It ends in 4 days. Renew it before then, and restart." },
		]);
	});

	test("a database that is away is a fault of the page's first sentence, and of all else a 503", async () => {
		await start({}, { readiness: async () => ({ database: "The database does not answer.", xmpp: true }) });
		expect((await get<Overview>("overview")).troubles[0]?.title).toBe("Look at the database");
		server.database.client.close();
		expect((await get<Overview>("overview")).connectors).toMatchObject([{ name: "berta", isOnline: true }]);
		expect((await page.get("events")).status).toBe(503);
	});
});

test("what is relayed of Push 2.0 has numbers of its own", async () => {
	await start({ apps: [{ name: "webpush", service: "webpush" }, RELAY_APP] });
	server.clock.now += MIN;
	const pushes = { webpush: { delivered: 10 }, [RELAY_APP.name]: { delivered: 3, gone: 1 } };
	await write("connector-b", 0, { pushes });
	const { apps } = await get<ServicesView>("services?period=day");
	expect(apps.find(({ app }) => app === "webpush")?.pushes).toMatchObject({ delivered: 10 });
	expect(apps.find(({ app }) => app === "-push2-relay")).toMatchObject({
		isOn: true,
		registrations: 0,
		pushes: { delivered: 3, gone: 1 },
	});
});

test("apps and push services: outcomes, reasons with what to do, credentials", async () => {
	await start();
	await registered("romeo@example.net");
	server.clock.now += MIN;
	await write("connector-b", 0, { reasons: [["webpush", "refused", "413 refused as too large", 8]] });
	const { apps, reasons, title } = await get<ServicesView>("services?period=day");
	expect(title).toBe("All push services are open");
	expect(apps.find(({ app }) => app === "webpush")).toMatchObject({
		service: "Web Push",
		gate: "open",
		registrations: 1,
		pushes: { delivered: 10, gone: 1 },
		credential: { what: "VAPID key", state: "ok" },
	});
	expect(apps.find(({ app }) => app === "fcm")).toMatchObject({
		isOn: false,
		turnOn: "Set FCM_SERVICE_ACCOUNT",
	});
	expect(reasons).toMatchObject([{ reason: "413 refused as too large", fate: "refused", count: 8 }]);
	expect(reasons[0]?.text).toContain("not tried again");
});

test("bars: counted before, made, listed, lifted", async () => {
	await start();
	for (const [at, owner] of ["romeo", "romeo", "juliet"].entries())
		await registered(`${owner}@example.net`, `https://push.example/${at}`);
	await registered("tybalt@example.org", "https://push.example/t");
	expect(await post<BarCount>("bars/count", { who: " Example.NET " })).toEqual({
		who: "example.net",
		kind: "domain",
		registrations: 3,
		people: 2,
		isBarred: false,
	});
	expect(await post<BarCount>("bars/count", { who: "romeo@example.net" })).toMatchObject({
		kind: "person",
		registrations: 2,
	});
	await post("bars", { who: "example.net", reason: "made-up endpoints" });
	expect(await get<BarView[]>("bars")).toEqual([
		{ who: "example.net", reason: "made-up endpoints", at: server.clock.now, ended: 3 },
	]);
	expect((await server.rows()).map(({ owner }) => owner)).toEqual(["tybalt@example.org"]);
	expect((await post<BarCount>("bars/count", { who: "example.net" })).isBarred).toBe(true);
	await post("bars/lift", { who: "example.net" });
	expect(await get<BarView[]>("bars")).toEqual([]);
	expect((await page.post("bars/lift", { who: "example.net" })).status).toBe(404);
	for (const who of ["", "a b", "x@y/z", "@"])
		expect((await page.post("bars", { who, reason: "" })).status).toBe(422);
	const logged = server.logged.join("\n");
	expect(logged).toContain("Barred, which ended 3 registrations");
	expect(logged).toContain("Lifted the bar");
});

test("what happened: searched, by pages, with how many failed today", async () => {
	await start();
	for (let i = 0; i < 60; i++)
		await server.note({
			at: server.clock.now,
			kind: "refused",
			node: `node-${i}`,
			owner: "romeo@example.net",
			app: "webpush",
			reason: "413 refused as too large",
			decider: "provider",
			decidedBy: "ntfy.example.org",
		});
	await server.note({
		at: server.clock.now,
		kind: "failed",
		app: "webpush",
		reason: "503 push service unwell",
		decider: "provider",
		decidedBy: "Mozilla",
		count: 1200,
	});
	const first = await get<FoundEvents>("events?kind=refused&text=ROMEO");
	expect([first.events.length, first.events[0]?.node]).toEqual([50, "node-59"]);
	const rest = await get<FoundEvents>(`events?kind=refused&text=romeo&before=${first.next}`);
	expect([rest.events.length, rest.next]).toEqual([10, undefined]);
	expect(first.today).toBe(
		"Today pushes failed 1,260 times, 1,200 of them because webpush was answered “503 push service unwell”.",
	);
	const since = await get<FoundEvents>(`events?since=${first.events[0]?.id}`);
	expect(since.events.map(({ reason }) => reason)).toEqual(["503 push service unwell (1,200 times)"]);
	expect(first.from).toBeNumber();
});

test("what happened in the last minute is there before it is in the database, and once", async () => {
	await start();
	const node = await registered("romeo@example.net");
	await server.registrations.remove(node);
	const ended = {
		at: server.clock.now,
		kind: "ended",
		node,
		owner: "romeo@example.net",
		app: "webpush",
		reason: "ended in the console",
		decider: "operator",
		decidedBy: "The operator",
	} as const;
	await server.note(ended, false);
	for (const isWritten of [false, true]) {
		if (isWritten) await server.events.write([ended]);
		const view = await get<RegistrationView>(`registrations/${node}`);
		expect([view.title, view.events.length]).toEqual(["romeo gets no pushes here: you ended this device", 1]);
		expect((await get<FoundEvents>("events?kind=ended&text=Romeo")).events).toHaveLength(1);
		expect((await get<FoundEvents>("events?kind=gate")).events).toEqual([]);
	}
	for (let i = 0; i < 60; i++) await server.events.write([{ ...ended, at: ended.at + 1 + i }]);
	await server.note({ ...ended, reason: "another", at: ended.at + 99 }, false);
	const first = await get<FoundEvents>("events?kind=ended");
	expect([first.events.length, first.events[0]?.reason]).toEqual([50, "another"]);
	const rest = await get<FoundEvents>(`events?kind=ended&before=${first.next}`);
	expect(rest.events).toHaveLength(12);
});

test("all of the last minute is shown, page by page, also while it comes into the database meanwhile", async () => {
	await start();
	const ended = (i: number) =>
		({
			at: server.clock.now - 1000 + i,
			kind: "ended",
			node: `node-${i}`,
			reason: "ended in the console",
			decider: "operator",
			decidedBy: "The operator",
		}) as const;
	for (let i = 0; i < 20; i++) await server.note(ended(i));
	for (let i = 20; i < 140; i++) await server.note(ended(i), false);
	const nodesOf = ({ events }: FoundEvents) => events.map(({ node }) => node);
	const first = await get<FoundEvents>("events?kind=ended");
	expect(first.next).toStartWith("recent-");
	const second = await get<FoundEvents>(`events?kind=ended&before=${first.next}`);
	expect([first.events.length, second.events.length]).toEqual([50, 50]);
	const third = await get<FoundEvents>(`events?kind=ended&before=${second.next}`);
	expect([...nodesOf(first), ...nodesOf(second), ...nodesOf(third)]).toEqual(
		Array.from({ length: 140 }, (_, i) => `node-${139 - i}`),
	);
	// The minute ends between two pages.
	await server.events.write(Array.from({ length: 120 }, (_, i) => ended(20 + i)));
	const seen = nodesOf(first);
	for (let { next } = first; next !== undefined; ) {
		const page: FoundEvents = await get<FoundEvents>(`events?kind=ended&before=${next}`);
		seen.push(...nodesOf(page));
		next = page.next;
	}
	expect(seen).toEqual(Array.from({ length: 140 }, (_, i) => `node-${139 - i}`));
});

test("a page that begins behind what no page said is refused", async () => {
	await start();
	for (const before of ["abc", "-5", "recent-200", "recent-abc-7"]) {
		const answer = await page.get(`events?before=${before}`);
		expect([answer.status, ((await answer.json()) as { detail: string }).detail]).toEqual([
			422,
			expect.stringMatching(before === "recent-abc-7" ? /begin again/ : /what the page before said/),
		]);
	}
});

test("invites: made with link, code and QR code, used, listed, revoked", async () => {
	const webApp = { isHttps: true, open: "", servers: {} };
	await start({}, { webApp });
	const made = await post<MadeInvite>("invites", { onlyFor: "Example.ORG", uses: 5, days: 14 });
	expect(made.link).toMatch(/^https:\/\/push\.example\.net\/app\/#invite=[\w-]{22}$/);
	expect(made.code).toMatch(/^[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}$/);
	expect(made.qr.length).toBeGreaterThan(20);
	expect(made.qr.every((row) => row.length === made.qr.length)).toBe(true);
	const [listed] = await get<InviteView[]>("invites");
	expect(listed).toEqual({ ...made.invite, onlyFor: "example.org", uses: 5, used: 0, state: "good" });
	await post("invites/revoke", { id: made.invite.id });
	expect((await get<InviteView[]>("invites"))[0]?.state).toBe("revoked");
	expect((await page.post("invites/revoke", { id: made.invite.id })).status).toBe(404);
	for (const wrong of [
		{ uses: 0, days: 1 },
		{ uses: 1, days: 1e9 },
		{ uses: 1.5, days: 1 },
		{ uses: 1, days: 1, onlyFor: "a b" },
	])
		expect((await page.post("invites", wrong)).status).toBe(422);
	expect(server.logged.join("\n")).not.toContain(made.code);
});

test("at the edge events are asked for, and a test push is handed over", async () => {
	await start({ journal: undefined, connector: undefined });
	expect(page.session.live).toBe("poll");
	expect((await page.get("events/live")).status).toBe(404);
	const node = await registered("romeo@example.net");
	server.state.answer = { kind: "done", how: "queued" };
	const tested = await post<TestPush>(`registrations/${node}/test`);
	expect(tested.state).toBe("warn");
	expect(tested.legs[1]?.text).toContain("Handed it to the connectors");
});
