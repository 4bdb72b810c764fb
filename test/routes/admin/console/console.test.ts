/** Each page of the console, over a real database. */
import { afterEach, describe, expect, test } from "bun:test";
import type { Figures } from "../../../../src/store/console/figures.ts";
import { noAnswers } from "../../../../src/store/console/figures.ts";
import type {
	BarCount,
	BarView,
	FoundEvents,
	FoundRegistrations,
	InviteView,
	MadeInvite,
	Overview,
	RegistrationView,
	ServicesView,
	TestPush,
} from "../../../../src/web/console/wire.ts";
import { subscription } from "../../routes-fixture.ts";
import { type ConsoleServer, NOW, startConsole } from "./console-fixture.ts";

let server: ConsoleServer;
let page: Awaited<ReturnType<ConsoleServer["browser"]>>;
afterEach(() => server?.close());

async function start(...options: Parameters<typeof startConsole>) {
	server = await startConsole(...options);
	page = await server.browser();
}
async function get<Answer>(path: string): Promise<Answer> {
	const answer = await page.get(path);
	if (answer.status !== 200) throw new Error(`${answer.status} ${await answer.text()}`);
	return (await answer.json()) as Answer;
}
async function post<Answer>(path: string, body: unknown = {}): Promise<Answer> {
	const answer = await page.post(path, body);
	if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`);
	return (answer.status === 204 ? undefined : await answer.json()) as Answer;
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

/** A registration of somebody. */
async function registered(owner: string, endpoint = "https://push.example/token-1") {
	const { node } = await server.registered({ subscription: subscription(endpoint), deviceName: "Firefox" });
	await server.client.execute({
		sql: "UPDATE registrations SET owner = ? WHERE node = ?",
		args: [owner, node],
	});
	return node;
}
const set = (node: string, columns: Record<string, string | number>) =>
	server.client.execute({
		sql: `UPDATE registrations SET ${Object.keys(columns)
			.map((name) => `${name} = ?`)
			.join(", ")} WHERE node = ?`,
		args: [...Object.values(columns), node],
	});

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
	expect(reasons[0]?.text).toContain("They are not tried again");
});

describe("registrations", () => {
	test("are found by a beginning, 50 a page, with how it is with each", async () => {
		await start();
		for (let i = 0; i < 53; i++) await registered(`romeo${i}@example.net`, `https://push.example/${i}`);
		const juliet = await registered("juliet@example.org", "https://push.example/j");
		await set(juliet, { last_success_at: 5, last_error_at: 9, last_error: "503 push service unwell" });
		const first = await get<FoundRegistrations>("registrations?begins=rom");
		expect([first.rows.length, first.apps]).toEqual([50, ["webpush"]]);
		const second = await get<FoundRegistrations>(`registrations?begins=rom&after=${first.next}`);
		expect([second.rows.length, second.next]).toEqual([3, undefined]);
		const { rows } = await get<FoundRegistrations>("registrations?begins=juliet%40");
		expect(rows).toEqual([
			{
				node: juliet,
				owner: "juliet@example.org",
				device: "Firefox",
				app: "webpush",
				service: "Web Push",
				state: "fails",
				host: "push.example",
				lastPushAt: 9,
			},
		]);
	});

	test("one: everything known, its secrets shortened; other devices; why it gets no pushes", async () => {
		await start();
		const node = await registered("romeo@example.net");
		const other = await registered("romeo@example.net", "https://push.example/other");
		await set(other, { last_success_at: 5 });
		const view = await get<RegistrationView>(`registrations/${node}`);
		expect(view).toMatchObject({
			node,
			isEnded: false,
			owner: "romeo@example.net",
			device: "Firefox",
			state: "warn",
			title: "example.net never published for Firefox of romeo",
			isBarred: false,
		});
		expect(view.text).toContain("publishes for other devices of romeo");
		expect(view.others).toMatchObject([{ node: other, state: "works" }]);
		const known = new Map(view.known.map(({ name, value }) => [name, value]));
		expect(known.get("Token")).toBe("push.example…en-1");
		expect(JSON.stringify(view)).not.toContain("https://push.example/token-1");
		expect((await page.get("registrations/unknown")).status).toBe(404);
	});

	test("one that is gone is told of as long as an event is there", async () => {
		await start();
		const node = await registered("romeo@example.net");
		await server.registrations.remove(node);
		await server.note({
			at: server.clock.now - 86_400_000,
			kind: "ended",
			node,
			owner: "romeo@example.net",
			app: "webpush",
			reason: "410 subscription ended",
			decider: "provider",
			decidedBy: "Mozilla",
		});
		const view = await get<RegistrationView>(`registrations/${node}`);
		expect(view).toMatchObject({ isEnded: true, owner: "romeo@example.net", state: "bad" });
		expect(view.title).toStartWith("romeo gets no pushes here: Mozilla says that this device is gone");
		expect(view.events).toHaveLength(1);
	});

	test("a wrong node or secret of its owner's server is told of, also while it is not written down", async () => {
		await start();
		const node = await registered("romeo@example.net");
		const wrong = {
			at: server.clock.now + 1,
			kind: "wrong-secret",
			node: "another-node",
			reason: "wrong secret",
			decider: "server",
			decidedBy: "example.net",
		} as const;
		await server.note({ ...wrong, decidedBy: "other.example.net" });
		const title = async () => (await get<RegistrationView>(`registrations/${node}`)).title;
		expect(await title()).toBe("example.net never published for Firefox of romeo");
		await server.note(wrong, false);
		expect(await title()).toBe("romeo gets no pushes here: example.net publishes to a wrong node");
		await server.note({ ...wrong, node });
		expect(await title()).toBe("romeo gets no pushes here: example.net publishes with a wrong secret");
	});

	test("a shut gate, a bar and a wrong clock are told of", async () => {
		await start(
			{},
			{
				readiness: async () => ({
					database: true,
					xmpp: true,
					forAdmins: {
						notes: ["x says that it is 20 minutes later than this machine's clock."],
						servers: [],
					},
				}),
			},
		);
		const node = await registered("romeo@example.net");
		await set(node, { last_success_at: 5 });
		const { now } = server.clock;
		const shut = {
			name: "webpush https://push.example",
			app: "webpush",
			since: now - MIN,
			until: now + MIN,
			why: "429 too many requests",
		};
		server.clock.live = { ...NOW, gates: [shut] };
		expect((await get<RegistrationView>(`registrations/${node}`)).title).toBe(
			"Pushes of romeo wait: the gate of push.example is shut",
		);
		server.clock.live = {
			...NOW,
			gates: [
				{
					...shut,
					why: "403 refused our VAPID token: is VAPID_SUBJECT a real contact, and our clock right?",
				},
			],
		};
		expect((await get<RegistrationView>(`registrations/${node}`)).title).toStartWith(
			"romeo gets no pushes here: a clock is wrong",
		);
		await post("bars", { who: "example.net", reason: "too many publishes" });
		await server.note({
			at: now,
			kind: "ended",
			node,
			owner: "romeo@example.net",
			reason: "its owner was barred",
			decider: "operator",
			decidedBy: "The operator",
		});
		const barred = await get<RegistrationView>(`registrations/${node}`);
		expect(barred).toMatchObject({
			isBarred: true,
			title: "romeo gets no pushes here: you barred example.net",
		});
	});

	test("a test push is timed on each leg of its way", async () => {
		await start();
		const node = await registered("romeo@example.net");
		server.sends.set(node, { at: server.clock.now + 3, ms: 88, outcome: { kind: "delivered" } });
		const tested = await post<TestPush>(`registrations/${node}/test`);
		expect(server.pushed).toMatchObject([{ node, notification: { class: "high" } }]);
		expect(tested).toMatchObject({
			state: "ok",
			title: "push.example took it. Look whether Firefox shows it",
		});
		expect(tested.legs.map(({ name, state, ms }) => [name, state, ms])).toEqual([
			["Console", "ok", undefined],
			["Reveille", "ok", 3],
			["Gate", "ok", undefined],
			["push.example", "ok", 88],
			["Firefox", "off", undefined],
		]);
		server.state.answer = { kind: "done", how: "queued", reason: "429 too many requests" };
		server.sends.clear();
		expect(await post<TestPush>(`registrations/${node}/test`)).toMatchObject({
			state: "warn",
			title: "It waits, and is tried again by itself: 429 too many requests",
		});
		server.state.answer = { kind: "unknown", reason: "gone" };
		expect((await post<TestPush>(`registrations/${node}/test`)).state).toBe("bad");
	});

	test("one is ended; once", async () => {
		await start();
		const node = await registered("romeo@example.net");
		await post(`registrations/${node}/end`);
		expect(await server.rows()).toEqual([]);
		expect((await page.post(`registrations/${node}/end`)).status).toBe(404);
		const line = server.logged.find((said) => said.includes("Ended in the console"));
		expect(line).toContain(`"node":"${node.slice(0, 8)}"`);
		expect(line).toMatch(/"owner":"example\.net#[\w-]{6}"/);
		expect(line).not.toContain("romeo");
		const { events } = await get<FoundEvents>("events?kind=action");
		expect(events[0]).toMatchObject({
			what: "Operator",
			reason: "Ended in the console",
			node,
			owner: "romeo@example.net",
		});
	});
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
		"Today 1,260 pushes failed, 1,200 of them because webpush was answered “503 push service unwell”.",
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
