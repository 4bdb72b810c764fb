/** SECRET_KEY was changed: what publishes for the old node and for its twin come to. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { createAdmission } from "../../src/delivery/admission.ts";
import type { Delivery } from "../../src/delivery/delivery.ts";
import { createKeyring, type Keyring } from "../../src/secrets.ts";
import { followKeys } from "../../src/store/registrations/key-change.ts";
import { type DeliveryFixture, HIGH, NO_MODULES, openDeliveryFixture } from "./delivery-fixture.ts";

const KEY = "the key of the tests, 32 characters and more";

let fixture: DeliveryFixture;
let keyring: Keyring;
let delivery: Delivery;
beforeEach(async () => {
	fixture = await openDeliveryFixture();
	keyring = await createKeyring("a new key for the tests, 32 characters and more", [KEY]);
	delivery = fixture.compose({
		registrations: followKeys(fixture.registrations, keyring, () => keyring.ids),
		admit: createAdmission({ keyring, modules: NO_MODULES, log: fixture.log, now: () => fixture.clock.now }),
	});
});
afterEach(() => fixture.close());

const publish = async (node: string, publisher?: string) =>
	delivery.publish({
		node,
		secret: await keyring.secretOf(node),
		notification: HIGH,
		...(publisher !== undefined && { publisher }),
	});

test("the old node is pushed to until the new one was published to, then it is unknown", async () => {
	const { node } = (await fixture.register()).registration;
	const twin = keyring.underCurrentKey(node);
	fixture.service.program.push({ kind: "delivered" }, { kind: "delivered" }, { kind: "delivered" });
	expect(await publish(node)).toMatchObject({ kind: "done", how: "delivered" });
	expect(await publish(twin)).toMatchObject({ kind: "done", how: "delivered" });
	expect(await publish(node)).toMatchObject({ kind: "unknown" });
	expect(await publish(twin)).toMatchObject({ kind: "done", how: "delivered" });
	expect(fixture.service.calls.map(({ registration }) => registration.node)).toEqual([node, twin, twin]);
});

test("a push that was promised by the old node goes out although the registration left it", async () => {
	const { node } = (await fixture.register()).registration;
	fixture.service.program.push({ kind: "retry", reason: "not now" });
	expect(await publish(node)).toMatchObject({ kind: "done", how: "queued" });
	fixture.service.program.push({ kind: "delivered" }, { kind: "delivered" });
	await publish(keyring.underCurrentKey(node));
	const [entry] = await fixture.rows();
	if (!entry) throw new Error("nothing waits");
	await delivery.retry(entry);
	expect(fixture.service.calls).toHaveLength(3);
	expect(await fixture.rows()).toEqual([]);
});

test("a publisher that may not publish moves nothing", async () => {
	const { node } = (await fixture.register()).registration;
	const twin = keyring.underCurrentKey(node);
	expect(await publish(twin, "montague.example")).toMatchObject({ kind: "unknown" });
	expect((await fixture.registrations.find(node))?.node).toBe(node);
	expect(await fixture.registrations.find(twin)).toBeUndefined();
});

test("a device whose old token is dead is forgotten by either node", async () => {
	const { node } = (await fixture.register()).registration;
	fixture.service.program.push({ kind: "gone", reason: "410" });
	expect(await publish(keyring.underCurrentKey(node))).toMatchObject({ kind: "unknown" });
	expect(await publish(node)).toMatchObject({ kind: "unknown" });
	expect(fixture.service.calls).toHaveLength(1);
});
