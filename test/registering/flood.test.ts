import { expect, test } from "bun:test";
import { createRegistrar } from "../../src/registering/registrar.ts";
import { createKeyring } from "../../src/secrets.ts";
import { createRegistrations } from "../../src/store/registrations.ts";
import { InvalidDevice } from "../../src/types.ts";
import { openTestDatabase } from "../database.ts";
import { FakeService } from "../delivery/house.ts";

const sendsNothing = () => Promise.reject(new Error("this test sends nothing"));

const parseDevice = () => {
	throw new InvalidDevice("not this one");
};

test("a domain that makes bare JIDs by the thousand is slowed down, and nobody else is", async () => {
	const database = await openTestDatabase();
	const keyring = await createKeyring("a key of at least thirty-two characters, for tests");
	let now = 0;
	const registrar = createRegistrar({
		registrations: createRegistrations(database.db, { owner: 9, address: 9, host: 9 }),
		keyring,
		nodes: { isPubsubHost: () => false, isAt: async () => true, create: async () => keyring.createNode() },
		apps: [{ name: "webpush", service: "webpush" }],
		// What is bad counts too, and costs the database nothing.
		services: new Map([["webpush", Object.assign(new FakeService(), { parseDevice })]]),
		allow: ["*"],
		testPush: sendsNothing,
		now: () => now,
	});
	let users = 0;
	const register = (domain: string) =>
		registrar.register({
			...{ owner: `user${++users}@${domain}`, to: "push.example", dialect: "mod_push", device: "phone" },
			app: { service: "webpush" },
		});
	for (let count = 0; count < 1_000; count++)
		expect((await register("flood.example")).kind).toBe("bad-device");
	expect((await register("flood.example")).kind).toBe("not-ready");
	expect((await register("example.org")).kind).toBe("bad-device");
	now += 100;
	expect((await register("flood.example")).kind).toBe("bad-device");
	await database.close();
});
