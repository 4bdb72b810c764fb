/** Registrations in the console, over a real database: found, looked at, tested, ended. */
import { afterEach, describe, expect, test } from "bun:test";
import type {
	FoundEvents,
	FoundRegistrations,
	RegistrationView,
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
const set = (node: string, columns: Record<string, string | number>) =>
	server.client.execute({
		sql: `UPDATE registrations SET ${Object.keys(columns)
			.map((name) => `${name} = ?`)
			.join(", ")} WHERE node = ?`,
		args: [...Object.values(columns), node],
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

	test("of UnifiedPush are among them, by their app too, and no test push goes to them", async () => {
		await start({ isUnifiedPush: true });
		const node = server.keyring.createNode();
		await server.registrations.registerInBatch(
			{
				owner: "juliet@example.org",
				app: "UnifiedPush/XMPP",
				device: "a i",
				token: "juliet@example.org/Conversations.Xy12",
				jid: "push.example.org",
				deviceName: "UnifiedPush: Conversations.Xy12",
				dialect: "unifiedpush",
			},
			node,
		);
		await registered("romeo@example.net");
		const found = await get<FoundRegistrations>("registrations?app=UnifiedPush%2FXMPP");
		expect(found.apps).toEqual(["webpush", "UnifiedPush/XMPP"]);
		expect(found.rows).toMatchObject([
			{ node, device: "UnifiedPush: Conversations.Xy12", app: "UnifiedPush/XMPP", state: "new" },
		]);
		const { known } = await get<RegistrationView>(`registrations/${node}`);
		expect(known).toContainEqual({ name: "Registered by", value: "unifiedpush" });
		expect(JSON.stringify(known)).not.toContain("Conversations.Xy12@");
		const tested = await post<TestPush>(`registrations/${node}/test`);
		expect(tested.title).toContain("can be tested from there alone");
		expect(server.pushed).toEqual([]);
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

	test("one that is gone is told of, however often its server publishes to it since", async () => {
		await start();
		const { now } = server.clock;
		const node = "gone-node-0123456789012";
		const ended = { kind: "ended", owner: "romeo@example.net", app: "webpush", reason: "HTTP 410" } as const;
		await server.events.write([
			{ ...ended, at: now - 60 * MIN, node, decider: "provider", decidedBy: "Mozilla" },
			...Array.from({ length: 100 }, (_, i) => ({
				at: now - MIN + i,
				kind: "wrong-node" as const,
				node,
				reason: "no such registration",
				decider: "server" as const,
				decidedBy: "example.net",
				isStrangers: true,
			})),
		]);
		const view = await get<RegistrationView>(`registrations/${node}`);
		expect(view).toMatchObject({ isEnded: true, owner: "romeo@example.net" });
		expect(view.title).toContain("Mozilla says that this device is gone");
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

	test("a wrong node of its owner's server is told of, whatever others publish that names that server", async () => {
		await start();
		const node = await registered("romeo@example.net");
		const { now } = server.clock;
		await set(node, { registered_at: now - 10 * MIN });
		const wrong = { kind: "wrong-secret", reason: "wrong secret", decider: "server" } as const;
		await server.events.write([
			{ ...wrong, at: now - 9 * MIN, node: "another-node", decidedBy: "example.net" },
			...Array.from({ length: 100 }, (_, i) => ({
				...wrong,
				at: now - 8 * MIN + i,
				node: "example.net",
				decidedBy: "evil.example",
				isStrangers: true,
			})),
		]);
		const view = await get<RegistrationView>(`registrations/${node}`);
		expect(view.title).toBe("romeo gets no pushes here: example.net publishes to a wrong node");
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
		const line = server.logged.find((said) => said.includes("Sent a test push"));
		expect(line).toContain("push.example took it. Look whether the device shows it");
		expect(server.logged.join("\n")).not.toContain("Firefox");
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
