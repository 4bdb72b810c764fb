/** Looking up by nodes: only a database that says so has no such row. What is no answer to the question is a failure. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import type { ResultSet, Row } from "@libsql/client";
import { databaseFault } from "../../../src/store/database-fault.ts";
import { createRegistrations } from "../../../src/store/registrations/registrations.ts";
import { openTestDatabase, type TestDatabase } from "../../database.ts";

let database: TestDatabase;
beforeEach(async () => {
	database = await openTestDatabase();
});
afterEach(() => database.close());

const open = () =>
	createRegistrations(database.db, { owner: 9, address: 9, host: 9 }, { turn: async () => {} });

/** Has the database answer every question so. */
function answerWith(change: (truth: ResultSet) => readonly Row[]) {
	const { client } = database;
	const ask = client.execute.bind(client) as (...given: unknown[]) => Promise<ResultSet>;
	Object.assign(client, {
		async execute(...given: unknown[]) {
			const truth = await ask(...given);
			return { ...truth, rows: change(truth) };
		},
	});
}

/** One row of one column. */
const cell = (value: unknown) => [Object.assign([value], { length: 1, 0: value }) as unknown as Row];

test.each<[string, (truth: ResultSet) => readonly Row[]]>([
	["no row at all", () => []],
	["a row without a value", () => cell(undefined)],
	["nothing", () => cell(null)],
	["a number", () => cell(7)],
	["text that is no JSON", () => cell("gone")],
	["JSON that is no list", () => cell('{"node-1":null}')],
	["a list of what are no rows", () => cell('[null,7,"node-1"]')],
	["somebody else's row", ({ rows }) => cell(String(rows[0]?.[0]).replace("node-1", "node-2"))],
	["a row that lacks most of it", () => cell('[["node-1"]]')],
])(
	"%s in place of an answer is a failure of the database, and not that there is no such row",
	async (_, lie) => {
		const registrations = open();
		await registrations.registerInBatch(
			{ owner: "a@example.org", app: "fcm", device: "d", token: "t" },
			"node-1",
		);
		answerWith(lie);
		for (const find of [registrations.find, registrations.findAtPrimary]) {
			const error = await find("node-1").then(
				(found) => found ?? "no such row",
				(reason: unknown) => reason,
			);
			expect(error).toBeInstanceOf(Error);
			expect(databaseFault(error)?.message).toBe("the database's answer does not fit the question");
		}
	},
);

test("of several that are looked up together, those that are not there are not there", async () => {
	const registrations = open();
	await registrations.registerInBatch(
		{ owner: "a@example.org", app: "fcm", device: "d", token: "t" },
		"node-1",
	);
	const asked = ["node-1", "node-2", "node-1"].map((node) => registrations.find(node));
	expect((await Promise.all(asked)).map((found) => found?.node)).toEqual(["node-1", undefined, "node-1"]);
});

test.each([
	["nothing", null],
	["a word", "ok"],
	["a row that lacks most of it", '["node-1"]'],
])("%s in place of the row that was written is a failure of the database too", async (_, lie) => {
	const registrations = open();
	answerWith(({ rows }) => (rows.length === 0 ? [] : cell(lie)));
	const wanted = { owner: "a@example.org", app: "fcm", device: "d", token: "t" };
	const error = await registrations.registerInBatch(wanted, "node-1").catch((reason: unknown) => reason);
	expect(databaseFault(error)?.message).toBe("the database's answer does not fit the question");
});
