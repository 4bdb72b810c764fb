/** Searching registrations: what is found by a beginning, literally, page by page. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { createSearch, type Search, type Wanted } from "../../../src/store/console/search.ts";
import { openTestDatabase, type TestDatabase } from "../../database.ts";

let database: TestDatabase;
let search: Search;
beforeEach(async () => {
	database = await openTestDatabase();
	search = createSearch(database.db);
});
afterEach(() => database.close());

interface Made {
	node: string;
	owner?: string;
	app?: string;
	name?: string;
	token?: string;
}

const INSERT = `INSERT INTO registrations (node, owner, app, device, device_name, token, registered_at, renewed_at)
	VALUES (?, ?, ?, ?, ?, ?, 0, 0)`;

async function make(...all: Made[]) {
	for (const { node, owner = "", app = "webpush", name = null, token } of all) {
		const args = [node, owner, app, node, name, token ?? `https://push.example/${node}`];
		await database.client.execute({ sql: INSERT, args });
	}
}

/** All pages of a search, in pages of so many. */
async function all(wanted: Wanted, limit = 2): Promise<string[]> {
	const nodes: string[] = [];
	let after: string | undefined;
	for (let pages = 0; pages < 1_000; pages++) {
		const { rows, next } = await search.find({ ...wanted, after }, limit);
		expect(rows.length).toBeLessThanOrEqual(limit);
		nodes.push(...rows.map(({ node }) => node));
		if (next === undefined) return nodes;
		after = next;
	}
	throw new Error("there is no end");
}

test("without a wish all are found, the newest first", async () => {
	await make({ node: "a" }, { node: "b" }, { node: "c" });
	expect(await all({})).toEqual(["c", "b", "a"]);
	expect(await all({ app: "fcm" })).toEqual([]);
});

test("an owner's, a domain's, a node's and a name's beginning are found, each row once", async () => {
	await make(
		{ node: "n1", owner: "romeo@montague.example" },
		{ node: "n2", owner: "romeo@montague.example", app: "fcm" },
		{ node: "n3", owner: "rosaline@romeo.example", name: "Romeo's phone" },
		{ node: "romeoNode" },
		{ node: "n4", name: "ROMEO 2" },
		{ node: "n5", owner: "romeo@romeo.example", name: "romeo" },
		{ node: "n6", owner: "aromeo@x.example", name: "a romeo" },
	);
	for (const limit of [1, 2, 3, 50])
		expect(await all({ begins: "romeo" }, limit)).toEqual(["n2", "n1", "n5", "n3", "romeoNode", "n4"]);
	expect(await all({ begins: "Romeo@Mont" })).toEqual(["n2", "n1"]);
	expect(await all({ begins: "romeo", app: "fcm" })).toEqual(["n2"]);
	expect(await all({ begins: "romeon" })).toEqual([]);
	expect(await all({ begins: "romeoN" })).toEqual(["romeoNode"]);
});

test("a beginning is literal", async () => {
	await make(
		{ node: "%", name: "100% mine" },
		{ node: "b", name: "100_mine" },
		{ node: "c", owner: "_x@y.example" },
	);
	expect(await all({ begins: "%" })).toEqual(["%"]);
	expect(await all({ begins: "_" })).toEqual(["c"]);
	expect(await all({ begins: "100%" })).toEqual(["%"]);
	for (const odd of ["'", '"', "\\", "*", "[a-z]", "\u0000", "\ud800", "😀"])
		expect(await all({ begins: odd })).toEqual([]);
});

test("letters beyond ASCII are found", async () => {
	await make({ node: "a", owner: "jürgen@münchen.example", name: "Jürgens Gerät 😀😀" });
	expect(await all({ begins: "JÜRGEN@" })).toEqual(["a"]);
	expect(await all({ begins: "münchen" })).toEqual(["a"]);
	expect(await all({ begins: "jürgens gerät 😀" })).toEqual(["a"]);
});

test("the host of an endpoint is found, whatever its owner and its app", async () => {
	await make(
		{ node: "a", token: "https://ntfy.example/up1" },
		{ node: "b", token: "https://ntfy.example:8443/up2", owner: "x@y.example" },
		{ node: "c", token: "http://ntfy.example/up3", app: "ntfy" },
		{ node: "d", token: "https://other.example/ntfy.example" },
		{ node: "e", token: "ntfy.example" },
	);
	expect(await all({ host: "NTFY.example" })).toEqual(["a", "b", "c"]);
	expect(await all({ host: "ntfy.example", app: "ntfy" })).toEqual(["c"]);
	expect(await all({ host: "ntfy.example", begins: "x@" })).toEqual(["b"]);
});

describe("many rows", () => {
	const COUNT = 6_000;
	beforeEach(async () => {
		await database.client.execute(`WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < ${COUNT - 1})
			INSERT INTO registrations (node, owner, app, device, device_name, token, registered_at, renewed_at)
			SELECT 'n' || i, 'user' || (i / 2) || '@large.example', CASE i % 1000 WHEN 7 THEN 'rare' ELSE 'webpush' END, i,
				'phone', 'https://push.example/' || i, 0, 0 FROM n`);
	});

	test("are found each once, over all pages", async () => {
		for (const wanted of [
			{ begins: "large.ex" },
			{ begins: "user" },
			{ begins: "phon" },
			{ host: "push" },
			{},
			{ begins: "n" },
		]) {
			const found = await all(wanted, 50);
			expect(found).toHaveLength(COUNT);
			expect(new Set(found).size).toBe(COUNT);
		}
	});

	test("few that fit among many are found in pages that may be short", async () => {
		for (const wanted of [
			{ app: "rare" },
			{ app: "rare", begins: "large" },
			{ app: "rare", host: "push.example" },
			{ begins: "user", host: "push.example/7" },
		])
			expect((await all(wanted, 50)).length).toBeGreaterThanOrEqual(6);
		expect(new Set(await all({ app: "rare", begins: "user" }, 2)).size).toBe(6);
	});

	test("no statement goes through more than a slice of an index", async () => {
		const statements: string[] = [];
		const execute = database.client.execute.bind(database.client);
		database.client.execute = ((statement: { sql: string; args: [] }) => {
			statements.push(statement.sql);
			return execute(statement);
		}) as typeof database.client.execute;
		for (const wanted of [
			{ begins: "large" },
			{ begins: "user1", app: "rare" },
			{ host: "push" },
			{ app: "rare" },
			{},
		]) {
			let after: string | undefined;
			for (let page = 0; page < 3; page++) after = (await search.find({ ...wanted, after }, 50)).next;
		}
		database.client.execute = execute;
		for (const sql of new Set(statements)) {
			const plan = await execute({
				sql: `EXPLAIN QUERY PLAN ${sql}`,
				args: Array(sql.split("?").length - 1).fill("x"),
			});
			const steps = plan.rows.map(({ detail }) => String(detail));
			// All rows in their own order, as far as the limit.
			const scans = steps.filter(
				(step) => step.startsWith("SCAN") && !/^SCAN (registrations|slice|some)$/.test(step),
			);
			expect(scans).toEqual([]);
			expect(
				steps.filter((step) => step === "USE TEMP B-TREE FOR ORDER BY" && !sql.includes("slice")),
			).toEqual([]);
		}
	});
});

test("a page's end that nobody made begins anew", async () => {
	await make({ node: "a" });
	for (const after of [
		"",
		"x",
		"bnVsbA",
		btoa("[0,9,null]"),
		btoa("[9,0,null]"),
		btoa("[0,0,[{}]]"),
		btoa("[0,0,[1,2,3,4,5]]"),
		"A".repeat(20_000),
	])
		expect((await search.find({ after }, 50)).rows).toHaveLength(1);
});
