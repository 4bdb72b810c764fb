/** Registering in masses over XMPP: what strangers do keeps out no one whose devices are woken already. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { registrationBounds } from "../../src/limits/bounds/registrations.ts";
import { createInviteDesk } from "../../src/registering/invite-check.ts";
import { createRegistrationRate } from "../../src/registering/registration-rate.ts";
import { createRegistrar } from "../../src/registering/xmpp-registrar.ts";
import { createKeyring } from "../../src/secrets.ts";
import { createInvites } from "../../src/store/invites.ts";
import { createRegistrations } from "../../src/store/registrations/registrations.ts";
import { InvalidDevice } from "../../src/types.ts";
import { openTestDatabase, type TestDatabase } from "../database.ts";
import { FakeService } from "../delivery/delivery-fixture.ts";

const { ownerRate, partyRate, strangersRate, renewalRate } = registrationBounds;

let now: number;
let proven: Set<string>;
let asked: string[];
beforeEach(() => {
	now = 1_000_000;
	proven = new Set();
	asked = [];
});

const open = () =>
	createRegistrationRate({
		now: () => now,
		async isProven(party) {
			asked.push(party);
			return proven.has(party);
		},
	});
const is = (there: boolean) => async () => there;

/** How many of so many are let through, each of another account. */
async function through(
	rate: ReturnType<typeof open>,
	party: string,
	count: number,
	{ isThere = is(false), owner = "" } = {},
) {
	let made = 0;
	for (let user = 0; user < count; user++) {
		const who = { owner: owner || `user${user}@${party}`, party };
		if ((await rate.refuses(who, isThere)) === undefined) made++;
	}
	return made;
}

describe("registrations", () => {
	test("of one registrable domain: so many at once, then some a second", async () => {
		const rate = open();
		expect(await through(rate, "flood.example", 2_000)).toBe(partyRate.is.burst);
		expect(await through(rate, "example.org", 1)).toBe(1);
		now += 1_000;
		expect(await through(rate, "flood.example", 100)).toBe(partyRate.is.perSecond);
	});

	test("of all domains that are new: one bucket, of which one domain may take a tenth", async () => {
		const rate = open();
		proven.add("known.example");
		let made = 0;
		for (let domain = 0; domain < 15; domain++) made += await through(rate, `flood${domain}.example`, 1_500);
		expect(made).toBe(strangersRate.is.burst);
		expect(await through(rate, "new.example", 1)).toBe(0);
		// Who is woken here already has a bucket of its own.
		expect(await through(rate, "known.example", 500)).toBe(500);
		now += 1_000;
		expect(await through(rate, "new.example", 500)).toBe(strangersRate.is.perSecond);
	}, 20_000);

	test("of one account take little of its domain", async () => {
		const rate = open();
		const [one] = [{ owner: "mallory@example.org" }];
		expect(await through(rate, "example.org", 2_000, one)).toBe(ownerRate.is.burst);
		expect(await through(rate, "example.org", 800)).toBe(800);
	});

	test("are refused in words that say for how long", async () => {
		const rate = open();
		await through(rate, "flood.example", 1_000);
		const refusal = await rate.refuses({ owner: "a@flood.example", party: "flood.example" }, is(false));
		expect(refusal).toBe("Too many new registrations from your server: try again in a minute.");
	});
});

describe("renewals", () => {
	test("go on where their domain, or all that are new, may make nothing new", async () => {
		const rate = open();
		for (let domain = 0; domain < 11; domain++) await through(rate, `flood${domain}.example`, 1_000);
		for (const party of ["flood0.example", "quiet.example"]) {
			expect(await through(rate, party, 50)).toBe(0);
			expect(await through(rate, party, 500, { isThere: is(true) })).toBe(500);
		}
	}, 20_000);

	test("have a bound too, and so have the questions whether one is a renewal", async () => {
		const rate = open();
		await through(rate, "flood.example", 1_000);
		let looks = 0;
		const isThere = async () => {
			looks++;
			return false;
		};
		expect(await through(rate, "flood.example", 15_000, { isThere })).toBe(0);
		expect(looks).toBe(renewalRate.is.burst);
	}, 20_000);
});

test("whether a domain is known is asked once a minute at the most, and remembered for an hour if it is", async () => {
	const rate = open();
	await through(rate, "example.org", 50);
	expect(asked).toEqual(["example.org"]);
	proven.add("example.org");
	now += 61_000;
	await through(rate, "example.org", 50);
	now += 3_500_000;
	await through(rate, "example.org", 50);
	expect(asked).toHaveLength(2);
});

describe("a domain's registrations", () => {
	let database: TestDatabase;
	beforeEach(async () => {
		database = await openTestDatabase();
	});
	afterEach(() => database.close());

	test("prove it once one of its devices was reached, and only the oldest are looked at", async () => {
		const store = createRegistrations(database.db, { owner: 5_000, address: 9, host: 9 });
		expect(await store.isProven("example.org")).toBe(false);
		await database.client.execute(
			`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)
			INSERT INTO registrations (node, app, device, token, party, registered_at, renewed_at)
			SELECT 'node' || i, 'fcm', 'd' || i, 't', 'example.org', 1, 1 FROM n`,
		);
		await store.record([{ node: "node2000", at: 5 }], []);
		expect(await store.isProven("example.org")).toBe(false);
		await store.record([{ node: "node900", at: 5 }], []);
		expect(await store.isProven("example.org")).toBe(true);
		expect(await store.isProven("example.net")).toBe(false);
	});

	test("count for whoever registered it, whatever names there are under it; what is bad counts too", async () => {
		const keyring = await createKeyring("a key of at least thirty-two characters, for tests");
		const registrations = createRegistrations(database.db, { owner: 9, address: 9, host: 9 });
		const service = Object.assign(new FakeService(), {
			parseDevice() {
				throw new InvalidDevice("not this one");
			},
		});
		const registrar = createRegistrar({
			registrations,
			keyring,
			nodes: { isPubsubHost: () => false, isAt: async () => true, create: async () => keyring.createNode() },
			apps: [{ name: "webpush", service: "webpush" }],
			services: new Map([["webpush", service]]),
			allow: ["*"],
			address: "push.example",
			testPush: () => Promise.reject(new Error("this test sends nothing")),
			rate: createRegistrationRate({ isProven: registrations.isProven, now: () => now }),
			invites: createInviteDesk(createInvites(database.db)),
		});
		let users = 0;
		const register = async (domain: string) => {
			const made = await registrar.register({
				owner: `user${++users}@${domain}`,
				to: "push.example",
				dialect: "mod_push",
				device: "phone",
				app: { service: "webpush" },
			});
			return made.kind;
		};
		for (let count = 0; count < partyRate.is.burst; count++)
			expect(await register(`a${count}.b${count}.flood.example`)).toBe("bad-device");
		expect(await register("another.flood.example")).toBe("not-ready");
		expect(await register("example.org")).toBe("bad-device");
	});
});
