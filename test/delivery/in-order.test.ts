/** Publishes go on in the order in which they came, although their secrets are checked in any. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { createInOrder } from "../../src/delivery/in-order.ts";
import { type DeliveryFixture, HIGH, openDeliveryFixture } from "./delivery-fixture.ts";

describe("the newer of two publishes supersedes the older, whichever was admitted first", () => {
	let fixture: DeliveryFixture;
	beforeEach(async () => {
		fixture = await openDeliveryFixture();
	});
	afterEach(() => fixture.close());

	test("so the newest of many that come at once is what the device gets last", async () => {
		const { registration, secret } = await fixture.register();
		const checks: PromiseWithResolvers<void>[] = [];
		const delivery = fixture.compose({
			async admit({ node }) {
				const check = Promise.withResolvers<void>();
				checks.push(check);
				await check.promise;
				return { node };
			},
		});
		const answers = [1, 2, 3].map((count) =>
			delivery.publish({ node: registration.node, secret, notification: { ...HIGH, count } }),
		);
		for (const check of checks.reverse()) {
			check.resolve();
			await check.promise;
		}
		fixture.service.program.push({ kind: "delivered" }, { kind: "delivered" });
		await Promise.all(answers);
		expect(fixture.service.calls.map(({ notification }) => notification.count)).toEqual([1, 3]);
	});
});

describe("a step", () => {
	const order = async (steps: readonly [name: string, step: Promise<string>][]) => {
		const inOrder = createInOrder();
		const ended: string[] = [];
		const note = (name: string) => () => ended.push(name);
		const all = steps.map(([name, step], index) =>
			inOrder(name, step).then(note(`${name}${index}`), note(`${name}${index} failed`)),
		);
		await Promise.all(all);
		return ended;
	};
	const soon = () => new Promise<string>((resolve) => setTimeout(() => resolve("soon"), 5));

	test("waits for the earlier ones of its name, also where one of them fails", async () => {
		const late = soon();
		const failing = Promise.reject(new Error("away"));
		expect(
			await order([
				["a", late],
				["a", failing],
				["a", Promise.resolve("at once")],
			]),
		).toEqual(["a0", "a1 failed", "a2"]);
	});

	test("waits for no other's", async () => {
		expect(
			await order([
				["a", soon()],
				["b", Promise.resolve("at once")],
			]),
		).toEqual(["b1", "a0"]);
	});
});
