import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { createHandover } from "../../src/store/handover.ts";
import { openTestDatabase, type TestDatabase } from "../database.ts";

const LEASE = 60_000;

let database: TestDatabase;
let clock: number;

beforeEach(async () => {
	database = await openTestDatabase();
	clock = 1_000_000;
});
afterEach(() => database.close());

const open = () => createHandover(database.db, () => clock);
const rows = async () =>
	Number((await database.client.execute("SELECT count(*) AS n FROM handover")).rows[0]?.n);

describe("handing a push over", () => {
	test("gives a connector the node and the notification as they were", async () => {
		const handover = open();
		const notification = { class: "high", body: "Where art thou?", count: 2 } as const;
		await handover.put("N", notification, clock + LEASE);
		expect(await handover.claim("connector", 10, LEASE)).toEqual([
			{ id: expect.any(String), node: "N", notification, createdAt: clock },
		]);
	});

	test("keeps the order it came in: the newest push of a registration must be sent last", async () => {
		const handover = open();
		// Several within one millisecond, as a burst comes.
		for (let n = 0; n < 40; n++) {
			if (n % 10 === 0) clock++;
			await handover.put("N", { class: "high", count: n }, clock + LEASE);
		}
		const claimed = await handover.claim("connector", 100, LEASE);
		expect(claimed.map(({ notification }) => notification.count)).toEqual([...Array(40).keys()]);
	});

	test("keeps the order also of a row that a connector left behind: what came later stays later", async () => {
		const handover = open();
		await handover.put("N", { class: "high", count: 1 }, clock + 2 * LEASE);
		await handover.claim("gone", 10, LEASE);
		clock += LEASE;
		await handover.put("N", { class: "high", count: 2 }, clock + LEASE);
		const claimed = await handover.claim("connector", 10, LEASE);
		expect(claimed.map(({ notification }) => notification.count)).toEqual([1, 2]);
	});

	test("goes by when a push was taken in, not by when its row arrived", async () => {
		const [late, early] = [createHandover(database.db, () => clock + 5), open()];
		await late.put("N", { class: "high", count: 2 }, clock + LEASE);
		await early.put("N", { class: "high", count: 1 }, clock + LEASE);
		const claimed = await open().claim("connector", 10, LEASE);
		expect(claimed.map(({ notification }) => notification.count)).toEqual([1, 2]);
	});

	test("gives the oldest first when there are more than asked for", async () => {
		const handover = open();
		for (let n = 0; n < 10; n++) {
			await handover.put("N", { class: "high", count: n }, clock + LEASE);
			clock++;
		}
		const claim = async () =>
			(await handover.claim("connector", 4, LEASE)).map((row) => row.notification.count);
		expect(await claim()).toEqual([0, 1, 2, 3]);
		expect(await claim()).toEqual([4, 5, 6, 7]);
		expect(await claim()).toEqual([8, 9]);
	});
});

describe("a lease", () => {
	test("keeps rows from all other claimants, and from a second claim of the same", async () => {
		const handover = open();
		await handover.put("N", { class: "high" }, clock + 2 * LEASE);
		expect(await handover.claim("one", 10, LEASE)).toHaveLength(1);
		clock += LEASE - 1;
		expect(await handover.claim("two", 10, LEASE)).toEqual([]);
		expect(await handover.claim("one", 10, LEASE)).toEqual([]);
	});

	test("that ended gives the row to the next: its claimant is gone", async () => {
		const handover = open();
		await handover.put("N", { class: "high" }, clock + 2 * LEASE);
		const [first] = await handover.claim("one", 10, LEASE);
		clock += LEASE;
		expect(await handover.claim("two", 10, LEASE)).toEqual([first as NonNullable<typeof first>]);
	});

	test("that is renewed counts from then, and only its claimant renews it", async () => {
		const handover = open();
		await handover.put("N", { class: "high" }, clock + 5 * LEASE);
		const [row] = await handover.claim("one", 10, LEASE);
		const ids = [row?.id ?? ""];
		clock += LEASE - 1;
		await handover.renew("one", ids, LEASE);
		clock += LEASE - 1;
		await handover.renew("two", ids, LEASE);
		expect(await handover.claim("two", 10, LEASE)).toEqual([]);
		clock += 1;
		expect(await handover.claim("two", 10, LEASE)).toHaveLength(1);
		await handover.renew("one", ids, 3 * LEASE);
		clock += LEASE;
		expect(await handover.claim("one", 10, LEASE)).toHaveLength(1);
	});

	test("is measured by the database's clock, whatever the connectors' own say", async () => {
		const handover = createHandover(database.db);
		await handover.put("N", { class: "high" }, Date.now() + 5 * LEASE);
		await handover.claim("one", 10, LEASE);
		const realNow = Date.now;
		Date.now = () => realNow() + 2 * LEASE;
		try {
			expect(await createHandover(database.db).claim("two", 10, LEASE)).toEqual([]);
		} finally {
			Date.now = realNow;
		}
	});

	test("is never given twice, however many connectors claim at once", async () => {
		const puts = open();
		for (let n = 0; n < 60; n++) await puts.put(`N${n}`, { class: "high" }, clock + LEASE);
		const claims = await Promise.all(
			Array.from({ length: 12 }, (_, n) => open().claim(`connector ${n}`, 10, LEASE)),
		);
		const ids = claims.flat().map(({ id }) => id);
		expect(ids).toHaveLength(60);
		expect(new Set(ids).size).toBe(60);
	});
});

describe("a row goes", () => {
	test("when it was answered for", async () => {
		const handover = open();
		await handover.put("N", { class: "high" }, clock + LEASE);
		const [row] = await handover.claim("one", 10, LEASE);
		await handover.remove(row?.id ?? "");
		expect(await rows()).toBe(0);
	});

	test("when it expired, and nobody is given it any more even before it is swept", async () => {
		const handover = open();
		await handover.put("N", { class: "voip" }, clock + 1000);
		await handover.put("M", { class: "high" }, clock + LEASE);
		clock += 1001;
		expect((await handover.claim("one", 10, LEASE)).map(({ node }) => node)).toEqual(["M"]);
		expect(await handover.sweep()).toBe(1);
		expect(await rows()).toBe(1);
	});

	test("not before it expired", async () => {
		const handover = open();
		await handover.put("N", { class: "high" }, clock + 1000);
		clock += 1000;
		expect(await handover.sweep()).toBe(0);
		expect(await handover.claim("one", 10, LEASE)).toHaveLength(1);
	});
});
