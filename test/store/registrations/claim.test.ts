import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { formDeviceKey } from "../../../src/store/registrations/device-key.ts";
import { createRegistrations, type Registrations } from "../../../src/store/registrations/registrations.ts";
import { openTestDatabase, type TestDatabase } from "../../database.ts";

let database: TestDatabase;
let store: Registrations;
beforeEach(async () => {
	database = await openTestDatabase();
	store = createRegistrations(database.db, { owner: 9, address: 9, host: 9 });
});
afterEach(() => database.close());

const DEVICE = "E0FF1D8C-EB96-4E10-A912-F68B03FD8D3E";
const claim = {
	owner: "romeo@example.net",
	party: "example.net",
	app: "apns",
	device: DEVICE,
	token: "deadbeef",
};

/** A registration that nobody owns. */
const unowned = async () =>
	store.register(
		{
			owner: "",
			app: "apns",
			device: await formDeviceKey(DEVICE, claim.token),
			token: claim.token,
			classes: ["high"],
		},
		() => DEVICE,
	);

describe("a registration without an owner", () => {
	test("goes to who shows its device id and its token, and registering then renews it", async () => {
		await unowned();
		expect(await store.claim(claim)).toBe(true);
		expect(await store.find(DEVICE)).toMatchObject({
			owner: claim.owner,
			party: claim.party,
			device: DEVICE,
		});
		const result = await store.register(claim, () => "another node");
		expect(result).toMatchObject({ kind: "renewed", registration: { node: DEVICE, classes: ["high"] } });
	});

	test("goes to nobody who knows less, or wants it for another app", async () => {
		await unowned();
		expect(await store.claim({ ...claim, token: "other" })).toBe(false);
		expect(await store.claim({ ...claim, device: "other" })).toBe(false);
		expect(await store.claim({ ...claim, app: "fcm" })).toBe(false);
		expect((await store.find(DEVICE))?.owner).toBe("");
	});

	test("goes to nobody a second time", async () => {
		await unowned();
		expect(await store.claim(claim)).toBe(true);
		expect(await store.claim({ ...claim, owner: "tybalt@example.net" })).toBe(false);
		expect((await store.find(DEVICE))?.owner).toBe(claim.owner);
	});

	test("does not take the place of the one that the owner has for this device", async () => {
		await unowned();
		await store.register(claim, () => "mine");
		expect(await store.claim(claim)).toBe(false);
		expect((await store.find(DEVICE))?.owner).toBe("");
	});

	test("takes the token too where its key is the device id alone (TRUST_DEVICE_ID)", async () => {
		await store.register(
			{ owner: "", app: "apns", device: await formDeviceKey(DEVICE, undefined), token: claim.token },
			() => DEVICE,
		);
		expect(await store.claim({ ...claim, token: "other" })).toBe(false);
		expect(await store.claim(claim)).toBe(true);
	});

	test("of two that were made before and after TRUST_DEVICE_ID was set, the one of this token", async () => {
		await unowned();
		await store.register(
			{ owner: "", app: "apns", device: await formDeviceKey(DEVICE, undefined), token: claim.token },
			() => "trusted",
		);
		expect(await store.claim(claim)).toBe(true);
		expect((await store.find(DEVICE))?.owner).toBe(claim.owner);
		expect((await store.find("trusted"))?.owner).toBe("");
	});
});
