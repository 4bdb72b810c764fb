/** SECRET_KEY was changed: what publishes for the old node and for its twin come to. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { createAdmission } from "../../src/delivery/admission.ts";
import type { Delivery } from "../../src/delivery/delivery.ts";
import { createKeyring, type Keyring } from "../../src/secrets.ts";
import { followKeys } from "../../src/store/registrations/key-change.ts";
import { HIGH, type House, NO_MODULES, openHouse } from "./delivery-fixture.ts";

const KEY = "the key of the tests, 32 characters and more";

let house: House;
let keyring: Keyring;
let delivery: Delivery;
beforeEach(async () => {
	house = await openHouse();
	keyring = await createKeyring("a new key for the tests, 32 characters and more", [KEY]);
	delivery = house.compose({
		registrations: followKeys(house.registrations, keyring, () => keyring.ids),
		admit: createAdmission({ keyring, modules: NO_MODULES, log: house.log, now: () => house.clock.now }),
	});
});
afterEach(() => house.close());

const publish = async (node: string, publisher?: string) =>
	delivery.publish({
		node,
		secret: await keyring.secretOf(node),
		notification: HIGH,
		...(publisher !== undefined && { publisher }),
	});

test("the old node is pushed to until the new one was published to, then it is unknown", async () => {
	const { node } = (await house.register()).registration;
	const twin = keyring.underCurrentKey(node);
	house.service.program.push({ kind: "delivered" }, { kind: "delivered" }, { kind: "delivered" });
	expect(await publish(node)).toMatchObject({ kind: "done", how: "delivered" });
	expect(await publish(twin)).toMatchObject({ kind: "done", how: "delivered" });
	expect(await publish(node)).toMatchObject({ kind: "unknown" });
	expect(await publish(twin)).toMatchObject({ kind: "done", how: "delivered" });
	expect(house.service.calls.map(({ registration }) => registration.node)).toEqual([node, twin, twin]);
});

test("a push that was promised by the old node goes out although the registration left it", async () => {
	const { node } = (await house.register()).registration;
	house.service.program.push({ kind: "retry", reason: "not now" });
	expect(await publish(node)).toMatchObject({ kind: "done", how: "queued" });
	house.service.program.push({ kind: "delivered" }, { kind: "delivered" });
	await publish(keyring.underCurrentKey(node));
	const [entry] = await house.rows();
	if (!entry) throw new Error("nothing waits");
	await delivery.retry(entry);
	expect(house.service.calls).toHaveLength(3);
	expect(await house.rows()).toEqual([]);
});

test("a publisher that may not publish moves nothing", async () => {
	const { node } = (await house.register()).registration;
	const twin = keyring.underCurrentKey(node);
	expect(await publish(twin, "montague.example")).toMatchObject({ kind: "unknown" });
	expect((await house.registrations.find(node))?.node).toBe(node);
	expect(await house.registrations.find(twin)).toBeUndefined();
});

test("a device whose old token is dead is forgotten by either node", async () => {
	const { node } = (await house.register()).registration;
	house.service.program.push({ kind: "gone", reason: "410" });
	expect(await publish(keyring.underCurrentKey(node))).toMatchObject({ kind: "unknown" });
	expect(await publish(node)).toMatchObject({ kind: "unknown" });
	expect(house.service.calls).toHaveLength(1);
});
