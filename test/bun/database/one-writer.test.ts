import { describe, expect, test } from "bun:test";
import type { Client } from "@libsql/client";
import { drizzle } from "drizzle-orm/libsql";
import { inTurns } from "../../../src/bun/database/one-writer.ts";
import { createHandover } from "../../../src/store/handover.ts";
import { facts } from "../../../src/store/schema.ts";
import { openTestDatabase } from "../../database.ts";

/** A server whose every answer the test gives. */
function server() {
	const asked: { sql: string; answer: PromiseWithResolvers<unknown> }[] = [];
	const ask = (sql: string) => {
		const answer = Promise.withResolvers<unknown>();
		asked.push({ sql, answer });
		return answer.promise;
	};
	const client = {
		execute: (statement: string | { sql: string }) =>
			ask(typeof statement === "string" ? statement : statement.sql),
		batch: (statements: string[]) => ask(statements.join("; ")),
	} as unknown as Client;
	const settle = () => Bun.sleep(0);
	return { asked, settle, client: inTurns(client, async () => {}) };
}

const failure = (code: string, name = "LibsqlError") => Object.assign(new Error(code), { code, name });

describe("writes to one server", () => {
	test("are asked one after the other, in their order, and reads at once", async () => {
		const { asked, client, settle } = server();
		const writes = [
			client.execute("INSERT INTO t VALUES (1)"),
			client.batch(["DELETE FROM t", "SELECT 1"], "write"),
			client.execute({ sql: "UPDATE t SET a = ?", args: [1] }),
		];
		void client.execute("SELECT 2");
		void client.batch(["SELECT 3"]);
		const sqls = () => asked.map(({ sql }) => sql);
		expect(sqls()).toEqual(["INSERT INTO t VALUES (1)", "SELECT 2", "SELECT 3"]);
		asked[0]?.answer.reject(failure("SQLITE_CONSTRAINT"));
		await expect(writes[0]).rejects.toThrow("SQLITE_CONSTRAINT");
		await settle();
		expect(sqls().at(-1)).toBe("DELETE FROM t; SELECT 1");
		expect(asked).toHaveLength(4);
		asked[3]?.answer.resolve("deleted");
		expect<unknown>(await writes[1]).toBe("deleted");
		await settle();
		asked[4]?.answer.resolve("updated");
		expect<unknown>(await writes[2]).toBe("updated");
		void client.execute("INSERT INTO t VALUES (2)");
		expect(asked).toHaveLength(6);
	});

	test("that found it locked are asked again, some times", async () => {
		const { asked, client, settle } = server();
		const locked = client.execute("INSERT INTO t VALUES (1)");
		locked.catch(() => {});
		for (let tries = 1; tries <= 6; tries++) {
			expect(asked).toHaveLength(tries);
			asked.at(-1)?.answer.reject(failure("SQLITE_BUSY"));
			await settle();
		}
		await expect(locked).rejects.toThrow("SQLITE_BUSY");
		const second = client.execute("INSERT INTO t VALUES (2)");
		asked.at(-1)?.answer.reject(failure("SQLITE_BUSY"));
		await settle();
		asked.at(-1)?.answer.resolve("done");
		expect<unknown>(await second).toBe("done");
	});

	test("fail together when it does not answer one of them, and the next is asked again", async () => {
		const { asked, client } = server();
		const writes = [1, 2, 3].map((value) => client.execute(`INSERT INTO t VALUES (${value})`));
		asked[0]?.answer.reject(new Error("no answer", { cause: failure("23", "TimeoutError") }));
		const results = await Promise.allSettled(writes);
		expect(results.map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected"]);
		expect(asked).toHaveLength(1);
		void client.execute("INSERT INTO t VALUES (4)");
		expect(asked).toHaveLength(2);
	});

	test("do what they did: through drizzle, with rows returned", async () => {
		const database = await openTestDatabase();
		const db = drizzle(inTurns(database.client));
		await Promise.all(["a", "b"].map((name) => db.insert(facts).values({ name, value: "1" })));
		expect(await db.select().from(facts)).toHaveLength(2);
		await db.batch([db.insert(facts).values({ name: "c", value: "1" }), db.delete(facts)]);
		expect(await db.select().from(facts)).toEqual([]);
		const handover = createHandover(db);
		await handover.put("N", { class: "high" }, Date.now() + 60_000);
		expect(await handover.claim("one", 10, 60_000)).toHaveLength(1);
		await database.close();
	});
});
