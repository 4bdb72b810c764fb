/** A change of SECRET_KEY: registrations are found by both nodes until the new one is published to. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { createKeyring, type Keyring } from "../../../src/secrets.ts";
import { createPubsubNodes } from "../../../src/store/pubsub-nodes.ts";
import { createCensus } from "../../../src/store/registrations/census.ts";
import { followKeys } from "../../../src/store/registrations/key-change.ts";
import { createRegistrations, type Registrations } from "../../../src/store/registrations/registrations.ts";
import type { Registration } from "../../../src/types.ts";
import { openTestDatabase, type TestDatabase } from "../../database.ts";

const A = await createKeyring("the first key, of at least thirty-two characters");
const B = await createKeyring("the second key, of at least thirty-two characters");
const C = await createKeyring("the third key, of at least thirty-two characters");
const IDS = [A, B, C].map(({ ids: [id] }) => id);
const PLENTY = { owner: 99, address: 99, host: 99 };
const OWNER = "juliet@example.net";
const FOREIGN = "E0FF1D8C-EB96-4E10-A912-F68B03FD8D3E";

let database: TestDatabase;
let plain: Registrations;
let clock: number;
beforeEach(async () => {
	database = await openTestDatabase();
	clock = 1000;
	plain = createRegistrations(database.db, PLENTY, { now: () => clock });
});
afterEach(() => database.close());

/** What a process with this current key has. */
const under = (keyring: Keyring, ids = IDS) => followKeys(plain, keyring, () => ids);

async function registered(node: string, device = "phone"): Promise<Registration> {
	const wanted = { owner: OWNER, app: "webpush", device, token: `https://push.example/${device}` };
	const result = await plain.register(wanted, () => node);
	if (result.kind === "over-quota") throw new Error(result.quota);
	return result.registration;
}

describe("a registration of an old key", () => {
	test("is found, renewed, renamed and removed by its node and by the twin that its device was given", async () => {
		for (const nodeOf of [(node: string) => node, B.underCurrentKey, C.underCurrentKey]) {
			const { node } = await registered(A.createNode());
			const found = await under(B).find(nodeOf(node));
			expect(found?.node).toBe(node);
			expect((await under(B).findAtPrimary(nodeOf(node)))?.node).toBe(node);
			const renewed = await under(B).renew(nodeOf(node), { token: "https://push.example/new" }, undefined, {
				classes: ["high"],
			});
			expect(renewed).toMatchObject({ kind: "renewed", registration: { node, classes: ["high"] } });
			expect(await under(B).nameDevice(nodeOf(node), "Phone")).toBe(true);
			expect((await under(B).find(node))?.deviceName).toBe("Phone");
			expect(await under(B).remove(nodeOf(node))).toBe(true);
			expect(await under(B).nameDevice(nodeOf(node), "Phone")).toBe(false);
			expect(await under(B).remove(nodeOf(node))).toBe(false);
			expect(await under(B).find(nodeOf(node))).toBeUndefined();
		}
	});

	test.each(["findAtPrimary", "renew", "remove"] as const)(
		"is not missed by %s while it goes from one node to the other",
		async (use) => {
			const before = await registered(A.createNode());
			const twin = B.underCurrentKey(before.node);
			let asked = 0;
			/** Another publish to the twin is the first one, between two looks of ours. */
			const racing =
				<Given extends [string, ...unknown[]], Result>(look: (...given: Given) => Promise<Result>) =>
				async (...given: Given) => {
					const result = await look(...given);
					if (++asked === 1) await plain.rename(before, twin);
					return result;
				};
			const { findAtPrimary, renew } = plain;
			const remove = (node: string) => plain.remove(node);
			const raced = { findAtPrimary: racing(findAtPrimary), renew: racing(renew), remove: racing(remove) };
			const following = followKeys({ ...plain, ...raced }, B, () => IDS);
			const device = { token: "https://push.example/new" };
			expect(await following[use](twin, device, undefined)).toBeTruthy();
		},
	);

	test("is known by the twin from the first publish to it on; then the old one has ended", async () => {
		const before = await registered(A.createNode());
		const twin = B.underCurrentKey(before.node);
		expect(await under(B).rename(before, twin)).toEqual({ ...before, node: twin });
		expect(await plain.find(before.node)).toBeUndefined();
		const after = await plain.find(twin);
		expect(after).toEqual({ ...before, node: twin });
		expect(await under(B).rename(after as Registration, before.node)).toBeUndefined();
		expect(await plain.find(twin)).toEqual({ ...before, node: twin });
	});

	test("stays by its node when the twin of another old key is published to", async () => {
		const before = await registered(A.createNode());
		expect(await under(C).rename(before, B.underCurrentKey(before.node))).toEqual(before);
		expect(await plain.find(before.node)).toEqual(before);
	});

	test("is pushed to although the move cannot be written: the next publish does it", async () => {
		const before = await registered(A.createNode());
		const away: Registrations = { ...plain, rename: () => Promise.reject(new Error("away")) };
		const twin = B.underCurrentKey(before.node);
		expect(await followKeys(away, B, () => IDS).rename(before, twin)).toEqual(before);
	});

	test("is not found by a twin of a key that this database never had", async () => {
		const { node } = await registered(A.createNode());
		expect(await under(B, [...B.ids, ...C.ids]).find(B.underCurrentKey(node))).toBeUndefined();
	});
});

test("a foreign node, and one that nobody has, is looked up once", async () => {
	const asked: string[] = [];
	const find = async (node: string) => {
		asked.push(node);
		return undefined;
	};
	await followKeys({ ...plain, find }, B, () => IDS).find(FOREIGN);
	await followKeys({ ...plain, find }, B, () => [...B.ids]).find(B.createNode());
	expect(asked).toHaveLength(2);
});

describe("what each key is used for", () => {
	const uses = async (ids: readonly string[], known: readonly string[], since = 5000) => {
		const keys = { ids: ids as [string] };
		return (await createCensus(database.db, { keys, known: () => ({ ids: known, since }) }).whole()).keys;
	};
	const begin = ({ ids: [id] }: Keyring) => id.slice(0, 5);

	test("is counted, the current one first, those that are not given any more last", async () => {
		await registered(A.createNode(), "a1");
		await registered(A.createNode(), "a2");
		await registered(B.createNode(), "b1");
		expect(await uses([...B.ids, ...A.ids], IDS)).toEqual([
			{ key: begin(B), state: "current", count: 1 },
			{ key: begin(A), state: "old", count: 2 },
			{ key: begin(C), state: "gone", count: 0 },
			{ key: "imported", state: "old", count: 0 },
		]);
		expect(await uses([...B.ids], IDS)).toContainEqual({ key: begin(A), state: "gone", count: 2 });
		expect(await uses([...A.ids], [...A.ids])).toEqual([{ key: begin(A), state: "current", count: 2 }]);
	});

	test("imported ones count until they are renewed after the change", async () => {
		await registered(FOREIGN);
		const imported = async (ids: readonly string[]) => (await uses(ids, IDS)).at(-1);
		expect(await imported([...B.ids, ...A.ids])).toEqual({ key: "imported", state: "old", count: 1 });
		expect(await imported([...B.ids])).toEqual({ key: "imported", state: "gone", count: 1 });
		clock = 6000;
		await registered(FOREIGN);
		expect(await imported([...B.ids, ...A.ids])).toMatchObject({ count: 0 });
	});

	test("those at a pubsub host need no key", async () => {
		const pubsubNodes = createPubsubNodes(database.db);
		const node = A.createNode();
		await pubsubNodes.add("pubsub.example.net", node);
		await registered(node);
		expect(await uses([...B.ids, ...A.ids], IDS)).toContainEqual({ key: begin(A), state: "old", count: 0 });
	});
});
