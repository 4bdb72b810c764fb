/** One sick provider, app, origin or device slows no other, and costs nobody a registration. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { createGates } from "../../../src/delivery/gates/gates.ts";
import { createVerdicts } from "../../../src/delivery/outcomes/dead-token-verdicts.ts";
import { PATIENCE_MS } from "../../peers/patience.ts";
import { type DeliveryFixture, FakeService, HIGH, openDeliveryFixture } from "../delivery-fixture.ts";
import { startOutboxLoop } from "../outbox/started-loop.ts";

let fixture: DeliveryFixture;
let other: FakeService;
let alerts: string[];

beforeEach(async () => {
	other = new FakeService();
	alerts = [];
	fixture = await openDeliveryFixture();
	fixture.delivery = fixture.compose({
		apps: [
			{ name: "webpush", service: "webpush" },
			{ name: "other", service: "webpush" },
		],
		services: new Map([
			["webpush", fixture.service],
			["other", other],
		]),
		gates: createGates({ now: () => fixture.clock.now, random: () => 0.5 }),
		verdicts: createVerdicts({ now: () => fixture.clock.now, onMass: (gate) => alerts.push(gate) }),
		maxInFlight: 20,
	});
});
afterEach(() => fixture.close());

const register = async (app: string, device: string) => {
	const wanted = { owner: "", app, device, token: `${device}-token` };
	const result = await fixture.registrations.register(wanted, () => fixture.keyring.createNode());
	if (result.kind === "over-quota") throw new Error("over quota");
	return result.registration.node;
};

/** Devices that were delivered to before. */
async function proven(count: number) {
	const nodes = await Promise.all(
		Array.from({ length: count }, (_, i) => register("webpush", `device ${i}`)),
	);
	const at = fixture.clock.now;
	await fixture.registrations.record(
		nodes.map((node) => ({ node, at })),
		[],
	);
	fixture.clock.now += 10;
	return nodes;
}

test("a provider that hangs keeps so many pushes and no more; the rest wait on disk, and another app's go out", async () => {
	const nodes = await proven(50);
	const answers = nodes.map((node) => fixture.delivery.push(node, HIGH));
	other.program.push({ kind: "delivered" });
	expect(await fixture.delivery.push(await register("other", "well"), HIGH)).toEqual({
		kind: "done",
		how: "delivered",
	});
	const early = await Promise.race([Promise.all(answers.slice(20)), Bun.sleep(PATIENCE_MS).then(() => [])]);
	expect(early).toHaveLength(30);
	expect(fixture.service.calls).toHaveLength(20);
	expect(await fixture.rows()).toHaveLength(30);
	for (const call of fixture.service.calls) call.answer({ kind: "delivered" });
	await Promise.all(answers);
}, 60_000);

test("a provider that is unwell is left alone after five faults; what came meanwhile waits on disk", async () => {
	fixture.service.program.push(
		...Array.from({ length: 5 }, () => ({ kind: "retry" as const, reason: "503" })),
	);
	for (let push = 0; push < 30; push++) {
		const answer = await fixture.delivery.push(await register("webpush", `device ${push}`), HIGH);
		expect(answer).toMatchObject({ kind: "done", how: "queued" });
	}
	expect(fixture.service.calls).toHaveLength(5);
	expect(await fixture.rows()).toHaveLength(30);
});

test("answers about one token shut no gate: garbage that strangers register harms nobody", async () => {
	for (let push = 0; push < 60; push++) {
		const bad = (["gone", "rejected", "retry"] as const)[push % 3] ?? "gone";
		fixture.service.program.push(
			bad === "retry" ? { kind: bad, reason: "429", about: "token" } : { kind: bad, reason: "400" },
		);
		await fixture.delivery.push(await register("webpush", `garbage ${push}`), HIGH);
	}
	fixture.service.program.push({ kind: "delivered" });
	const answer = await fixture.delivery.push(await register("webpush", "real"), HIGH);
	expect(answer).toEqual({ kind: "done", how: "delivered" });
	expect(alerts).toEqual([]);
});

describe("a provider that says of every device that it is gone", () => {
	test("costs nine registrations at most; the others' servers are told to wait, and a person is alerted", async () => {
		const nodes = await proven(40);
		const answers = [];
		for (const node of nodes) {
			fixture.service.program.push({ kind: "gone", reason: "410" });
			answers.push((await fixture.delivery.push(node, HIGH)).kind);
		}
		expect(answers.filter((kind) => kind === "unknown")).toHaveLength(9);
		expect(answers.filter((kind) => kind === "wait")).toHaveLength(31);
		const left = await Promise.all(nodes.map((node) => fixture.registrations.find(node)));
		expect(left.filter(Boolean)).toHaveLength(31);
		expect(alerts).toEqual(["webpush"]);
		// Their pushes wait for the day it is mended.
		expect(await fixture.rows()).toHaveLength(31);
	});

	test("is believed of a lone self-hoster's one device", async () => {
		const [node = ""] = await proven(1);
		fixture.service.program.push({ kind: "gone", reason: "410" });
		expect((await fixture.delivery.push(node, HIGH)).kind).toBe("unknown");
		expect(await fixture.registrations.find(node)).toBeUndefined();
	});
});

describe("a backlog of 100,000 behind a gate that is shut", () => {
	const BACKLOG = 100_000;

	/** The loop, delivery and gates over one file, with entries that wait for a gate. */
	async function openBacklog() {
		const [node = ""] = await proven(1);
		const entry = { class: "high" as const, version: 1, notification: HIGH, attempts: 1, gate: "webpush" };
		const nodes = [node, ...Array.from({ length: BACKLOG - 1 }, (_, i) => `n${i}`)];
		await fixture.outbox.put(...nodes.map((node, i) => ({ ...entry, node, dueAt: i, expiresAt: 1e15 })));
		const gates = createGates({ now: () => fixture.clock.now, onOpen: (name) => loop.open(name) });
		for (let fault = 0; fault < 5; fault++) {
			const turn = gates.enter(
				"webpush",
				{ inFlight: 20 },
				{ device: { owner: "" }, isProven: true, isRetry: false },
			);
			if (turn.kind === "go") turn.leave({ kind: "unwell", reason: "503" });
		}
		const reads: string[] = [];
		const outbox = new Proxy(fixture.outbox, {
			get(target, name) {
				if (typeof name === "string" && name !== "nextVersion" && name !== "mayHave") reads.push(name);
				return Reflect.get(target, name);
			},
		});
		const delivery = fixture.compose({
			gates,
			outbox,
			maxInFlight: 20,
			onQueued: (at, queue) => loop.wake(at, queue),
			apps: ["webpush", "other"].map((name) => ({ name, service: "webpush" as const })),
			services: new Map([
				["webpush", fixture.service],
				["other", other],
			]),
			// Every node is a device of the sick app's.
			registrations: new Proxy(fixture.registrations, {
				get: (target, name) =>
					name === "find"
						? async (node: string) =>
								(await target.find(node)) ?? { ...(await target.find(nodes[0] ?? "")), node }
						: Reflect.get(target, name),
			}),
		});
		const loop = startOutboxLoop(outbox, delivery.retry, fixture.log, () => fixture.clock.now);
		return { gates, delivery, loop, reads };
	}

	test("costs a few reads and no write, and another app's entries do not wait behind it", async () => {
		const { delivery, loop, reads } = await openBacklog();
		other.program.push({ kind: "retry", reason: "503" }, { kind: "delivered" });
		const node = await register("other", "well");
		await delivery.push(node, HIGH);
		await other.next();
		fixture.clock.now += 5_000;
		loop.wake(fixture.clock.now, "other");
		await other.next();
		(await fixture.service.next()).answer({ kind: "retry", reason: "503" });
		await loop.stop();
		expect(fixture.service.calls).toHaveLength(1);
		// The first entry that comes after the time is over is the trial; the others are not asked for.
		expect(reads.filter((name) => name === "due").length).toBeLessThanOrEqual(4);
		// These ask nothing of the disk, and the others read.
		const free = ["stamp", "mayHaveChanged"];
		const written = reads.filter((name) => !["queues", "due", "nextDueAt", ...free].includes(name));
		expect(written).toEqual(["put", "remove", "change"]);
	});

	test("comes back when it opens, as many at a time as may be retried at once", async () => {
		const { loop } = await openBacklog();
		fixture.clock.now += 5_000;
		loop.wake(fixture.clock.now, "webpush");
		const trial = await fixture.service.next();
		expect(fixture.service.calls).toHaveLength(1);
		trial.answer({ kind: "delivered" });
		for (let retry = 0; retry < 16; retry++) await fixture.service.next();
		expect(fixture.service.calls).toHaveLength(17);
		for (const call of fixture.service.calls) call.answer({ kind: "delivered" });
		for (let retry = 0; retry < 16; retry++) (await fixture.service.next()).answer({ kind: "delivered" });
		const stopping = loop.stop();
		for (const call of fixture.service.calls) call.answer({ kind: "delivered" });
		await stopping;
	});
});

test("a dead token for calls takes the calls to the main one, and no registration with it", async () => {
	const wanted = { owner: "", app: "webpush", device: "phone", token: "main", voipToken: "calls" };
	const result = await fixture.registrations.register(wanted, () => fixture.keyring.createNode());
	if (result.kind === "over-quota") throw new Error("over quota");
	const { node } = result.registration;
	fixture.clock.now += 10;
	fixture.service.program.push({ kind: "gone", reason: "410", token: "voip" });
	expect(await fixture.delivery.push(node, { class: "voip" })).toMatchObject({ kind: "done", how: "queued" });
	const left = await fixture.registrations.find(node);
	expect(left).toMatchObject({ token: "main" });
	expect(left?.voipToken).toBeUndefined();
});

test("an app's own time to live counts, on its way and in the outbox; a call's is a minute", async () => {
	const apps = [{ name: "webpush", service: "webpush" as const, ttlSeconds: 60 * 60 }];
	const delivery = fixture.compose({ apps, pushTtlSeconds: 60 });
	const node = await register("webpush", "phone");
	fixture.service.program.push({ kind: "retry", reason: "503" }, { kind: "delivered" });
	await delivery.push(node, HIGH);
	await delivery.push(node, { class: "voip" });
	expect(fixture.service.calls.map(({ ttlSeconds }) => ttlSeconds)).toEqual([3600, 60]);
	expect((await fixture.rows())[0]?.expiresAt).toBe(fixture.clock.now + 3_600_000);
});

describe("what an app lets out", () => {
	const message = { class: "high", sender: "juliet@example.net", body: "secret", count: 1 } as const;
	test.each([
		["apns", {}, { class: "high", count: 1 }],
		[
			"apns",
			{ include: { sender: true, body: false } },
			{ class: "high", count: 1, sender: "juliet@example.net" },
		],
		["webpush", {}, message],
		["webpush", { priority: "silent" }, { ...message, class: "low" }],
		["fcm", { priority: "high" }, { class: "high", count: 1 }],
	] as const)("%s %j", async (service, policy, expected) => {
		const delivery = fixture.compose({ apps: [{ name: "webpush", service, ...policy }] });
		fixture.service.program.push({ kind: "delivered" });
		await delivery.push(await register("webpush", "phone"), message);
		expect((await fixture.service.next()).notification).toEqual(expected);
	});
});
