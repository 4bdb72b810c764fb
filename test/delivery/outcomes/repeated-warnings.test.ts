/** What a person is told of again and again: push services may give any number of reasons. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { type DeliveryFixture, HIGH, openDeliveryFixture } from "../delivery-fixture.ts";

const MINUTE_MS = 60_000;

let fixture: DeliveryFixture;
let node: string;
beforeEach(async () => {
	fixture = await openDeliveryFixture();
	node = (await fixture.register()).registration.node;
});
afterEach(() => fixture.close());

/** Pushes, which its push service refuses for a reason of our setting up. @returns what the log says of it */
async function refuse(...reasons: string[]) {
	for (const reason of reasons) {
		fixture.service.program.push({ kind: "misconfigured", reason });
		await fixture.delivery.push(node, HIGH);
	}
	return fixture.lines.splice(0).filter((line) => line.startsWith("error"));
}
const fresh = (from: number, to: number) =>
	Array.from({ length: to - from }, (_, index) => `403 refused (R${from + index})`);

test("a fault of our setting up is told of once a minute, also where the clock was set back", async () => {
	expect(await refuse("403 refused", "403 refused", "403 something else")).toHaveLength(2);
	fixture.clock.now += MINUTE_MS;
	expect(await refuse("403 refused")).toHaveLength(1);
	fixture.clock.now -= 10 * MINUTE_MS;
	expect(await refuse("403 refused", "403 refused")).toHaveLength(1);
});

test("a provider that gives ever new reasons does not fill the log, nor the memory", async () => {
	const said = await refuse(...fresh(0, 300));
	expect(said).toHaveLength(101);
	expect(said.at(-1)).toContain("other reasons");
	expect(await refuse(...fresh(300, 310))).toEqual([]);
	fixture.clock.now += MINUTE_MS;
	expect(await refuse("403 refused")).toEqual([expect.stringContaining("403 refused")]);
});
