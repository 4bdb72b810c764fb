/** What one device can cause, or few that are much written to: nothing for the others, from the publish to the row. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import type { Delivery } from "../../src/delivery/delivery.ts";
import { createGates, type Gates } from "../../src/delivery/gates/gates.ts";
import { createVerdicts } from "../../src/delivery/outcomes/dead-token-verdicts.ts";
import type { Answer, Notification, Outcome } from "../../src/types.ts";
import { type DeliveryFixture, HIGH, OWNER, openDeliveryFixture } from "./delivery-fixture.ts";

const GONE: Outcome = { kind: "gone", reason: "410" };
const REJECTED: Outcome = { kind: "rejected", reason: "400" };
const DELIVERED: Outcome = { kind: "delivered" };

let fixture: DeliveryFixture;
let gates: Gates;
let alerts: string[];
let delivery: Delivery;
beforeEach(async () => {
	fixture = await openDeliveryFixture();
	const now = () => fixture.clock.now;
	alerts = [];
	gates = createGates({ now, random: () => 0.5 });
	delivery = fixture.compose({
		gates,
		verdicts: createVerdicts({ now, onMass: (gate) => alerts.push(gate) }),
	});
});
afterEach(() => fixture.close());

async function says(outcome: Outcome, node: string): Promise<Answer["kind"]> {
	fixture.service.program.push(outcome);
	return (await delivery.push(node, HIGH)).kind;
}

/** Registers devices and delivers to each, so that what is said of them counts. @returns their nodes */
async function proven(name: string, count: number): Promise<string[]> {
	const nodes: string[] = [];
	for (let number = 0; number < count; number++) {
		const { registration } = await fixture.register(`${name} ${number}`, `token of ${name} ${number}`);
		expect(await says(DELIVERED, registration.node)).toBe("done");
		nodes.push(registration.node);
	}
	await fixture.results.flush();
	return nodes;
}

const isKept = async (node: string) => (await fixture.registrations.findAtPrimary(node)) !== undefined;

describe("the mass verdict counts devices", () => {
	test("nine that are refused again and again save no dead one beside thirty that live", async () => {
		const alive = await proven("alive", 30);
		const refused = await proven("refused", 9);
		const [dead = ""] = await proven("dead", 1);
		for (const node of alive) await says(DELIVERED, node);
		for (let time = 0; time < 10; time++) {
			for (const node of refused) expect(await says(REJECTED, node)).toBe("refused");
			await says(DELIVERED, alive[0] ?? "");
		}
		expect(await says(GONE, dead)).toBe("unknown");
		expect(await isKept(dead)).toBe(false);
		expect(alerts).toEqual([]);
	});

	test("one that is delivered to again and again does not cost the tenth its registration", async () => {
		const [chatty = ""] = await proven("chatty", 1);
		const dead = await proven("dead", 12);
		const kept: boolean[] = [];
		for (const node of dead) {
			for (let time = 0; time < 5; time++) await says(DELIVERED, chatty);
			await says(GONE, node);
			kept.push(await isKept(node));
		}
		expect(kept).toEqual([...Array(9).fill(false), true, true, true]);
		expect(alerts).toEqual(["webpush"]);
	});

	test("the only device of somebody who runs this alone is removed when it is gone", async () => {
		const [only = ""] = await proven("only", 1);
		for (let time = 0; time < 50; time++) await says(DELIVERED, only);
		expect(await says(GONE, only)).toBe("unknown");
		expect(await isKept(only)).toBe(false);
	});
});

describe("the mass verdict of calls", () => {
	const CALL: Notification = { class: "voip" };
	const DEAD_CALLS: Outcome = { kind: "gone", reason: "400 DeviceTokenNotForTopic", token: "voip" };

	async function rings(outcome: Outcome, node: string) {
		fixture.service.program.push(outcome);
		await delivery.push(node, CALL);
	}

	async function withCalls(count: number): Promise<string[]> {
		const nodes: string[] = [];
		for (let number = 0; number < count; number++) {
			const tokens = { token: `token ${number}`, voipToken: `voip ${number}` };
			const wanted = { ...tokens, owner: OWNER, app: "webpush", device: `phone ${number}` };
			const result = await fixture.registrations.register(wanted, () => fixture.keyring.createNode());
			if (result.kind === "over-quota") throw new Error("over quota");
			await says(DELIVERED, result.registration.node);
			nodes.push(result.registration.node);
		}
		await fixture.results.flush();
		return nodes;
	}
	const ringsStill = async (node: string) =>
		(await fixture.registrations.findAtPrimary(node))?.voipToken !== undefined;

	test("is not hidden by the messages that the same phones get", async () => {
		const phones = await withCalls(12);
		const kept: boolean[] = [];
		for (const node of phones) {
			await rings(DEAD_CALLS, node);
			for (const other of phones) await says(DELIVERED, other);
			kept.push(await ringsStill(node));
		}
		expect(kept).toEqual([...Array(9).fill(false), true, true, true]);
		expect(alerts).toEqual(["webpush (calls)"]);
	});

	test("saves no phone whose messages are refused as gone", async () => {
		const phones = await withCalls(12);
		for (const node of phones) await rings(DEAD_CALLS, node);
		expect(await says(GONE, phones.at(-1) ?? "")).toBe("unknown");
		expect(await isKept(phones.at(-1) ?? "")).toBe(false);
	});
});

describe("a person is told of what is not set up", () => {
	test("once a minute, however often it holds up a push", async () => {
		const phones = await proven("phone", 3);
		const told = () => fixture.lines.splice(0).filter((line) => line.startsWith("error"));
		const notSetUp: Outcome = { kind: "misconfigured", reason: "401 no APNs key", about: "token" };
		for (const node of [...phones, ...phones]) await says(notSetUp, node);
		expect(told()).toEqual([expect.stringContaining("401 no APNs key")]);
		await says({ ...notSetUp, reason: "another" }, phones[0] ?? "");
		expect(told()).toEqual([expect.stringContaining("another")]);
		fixture.clock.now += 60_000;
		await says(notSetUp, phones[0] ?? "");
		expect(told()).toEqual([expect.stringContaining("401 no APNs key")]);
	});
});

describe("a gate", () => {
	const REFUSED: Outcome = { kind: "rejected", reason: "The endpoint is not a URL.", about: "push" };

	test("that is shut stays so when the push that would try it is refused by ourselves", async () => {
		const [one = "", two = ""] = await proven("device", 2);
		for (let time = 0; time < 5; time++) await says({ kind: "retry", reason: "503" }, one);
		fixture.clock.now += 2_000;
		expect(await says(REFUSED, two)).toBe("refused");
		expect(gates.shut()).toEqual([{ name: "webpush", reason: "503" }]);
		expect(await says(DELIVERED, two)).toBe("done");
		expect(gates.shut()).toEqual([]);
	});

	test("stays open when something is not set up for one device, or for many of its sort", async () => {
		const [one = "", ...more] = await proven("device", 30);
		for (const node of more)
			for (const about of ["token", "push"] as const)
				await says({ kind: "misconfigured", reason: "401", about }, node);
		expect(gates.shut()).toEqual([]);
		expect(await fixture.rows()).toHaveLength(29);
		expect(await says(DELIVERED, one)).toBe("done");
		expect(fixture.service.calls.at(-1)?.registration.node).toBe(one);
	});
});
