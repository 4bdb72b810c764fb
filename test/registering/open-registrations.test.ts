/** The layers around the rows, and that their order keeps what each of them promises. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { openRegistrations } from "../../src/registering/open-registrations.ts";
import { createEnds } from "../../src/registering/registration-ends.ts";
import { createKeyring } from "../../src/secrets.ts";
import { OtherDatabase } from "../../src/store/database-id.ts";
import { createRegistrations } from "../../src/store/registrations/registrations.ts";
import type { Registration } from "../../src/types.ts";
import { openTestDatabase, type TestDatabase } from "../database.ts";

const QUOTAS = { owner: 9, address: 9, host: 9 };
const FORMER = await createKeyring("the first key, of at least thirty-two characters");
const CURRENT = await createKeyring("the second key, of at least thirty-two characters");
const KEY_IDS = [...CURRENT.ids, ...FORMER.ids];

let database: TestDatabase;
/** How often it was asked which database this is. */
let asked: number;
let isOther: boolean;
let told: Registration[];
beforeEach(async () => {
	database = await openTestDatabase();
	[asked, isOther, told] = [0, false, []];
});
afterEach(() => database.close());

function opened() {
	const ends = createEnds();
	ends.listen((registration) => told.push(registration));
	return openRegistrations({
		db: database.db,
		quotas: QUOTAS,
		keys: CURRENT,
		keyIds: () => KEY_IDS,
		async check() {
			asked++;
			if (isOther) throw new OtherDatabase("another one");
		},
		ends,
	});
}

/** @returns its node, which is of the former key */
async function registered(): Promise<string> {
	const node = FORMER.createNode();
	const wanted = {
		owner: "juliet@example.net",
		app: "webpush",
		device: "phone",
		token: "https://push.example/1",
	};
	await createRegistrations(database.db, QUOTAS).register(wanted, () => node);
	return node;
}

test("one that is there under another key is not missed: nothing is asked of the database's id", async () => {
	const node = await registered();
	const registrations = opened();
	expect((await registrations.findAtPrimary(CURRENT.underCurrentKey(node)))?.node).toBe(node);
	expect(await registrations.renew(CURRENT.underCurrentKey(node), { token: "t" }, undefined)).toBeDefined();
	expect(asked).toBe(0);
	expect(await registrations.findAtPrimary(CURRENT.createNode())).toBeUndefined();
	expect(asked).toBe(1);
});

test("an end by any of its nodes is told once, with the node that its owner's server knows", async () => {
	const node = await registered();
	const registrations = opened();
	expect(await registrations.remove(CURRENT.underCurrentKey(node))).toBe(true);
	expect(await registrations.remove(node)).toBe(false);
	expect(told.map((registration) => registration.node)).toEqual([node]);
});

test("another database ends nothing, and nothing is told to have ended", async () => {
	const node = await registered();
	const registrations = opened();
	isOther = true;
	await database.client.execute("DELETE FROM registrations");
	await expect(registrations.remove(node)).rejects.toThrow(OtherDatabase);
	expect(told).toEqual([]);
});

test("without a check or anybody to tell, they are the rows, found under every key", async () => {
	const node = await registered();
	const registrations = openRegistrations({
		db: database.db,
		quotas: QUOTAS,
		keys: CURRENT,
		keyIds: () => KEY_IDS,
	});
	expect((await registrations.find(CURRENT.underCurrentKey(node)))?.node).toBe(node);
	expect(await registrations.remove(CURRENT.underCurrentKey(node))).toBe(true);
});

test("ends are told to whoever listens, and to nobody before", async () => {
	const ends = createEnds();
	const registration = { node: "n" } as Registration;
	const by = { decider: "owner", reason: "unregistered" } as const;
	ends.tell(registration, by);
	ends.listen((each) => told.push(each));
	ends.listen((each) => told.push(each));
	ends.tell(registration, by);
	expect(told).toEqual([registration, registration]);
});
