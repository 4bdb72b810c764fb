/** Opening IndexedDB, and what is in the way of it. */
import { describe, expect, test } from "bun:test";
import { IDBFactory } from "fake-indexeddb";
import { openDatabase, resultOf, StorageFault, type Upgrades } from "../../../src/web/store/database.ts";

const FIRST: Upgrades = [(database) => void database.createObjectStore("first")];
const SECOND: Upgrades = [...FIRST, (database) => void database.createObjectStore("second")];

const storesOf = (indexedDB: IDBFactory | undefined, upgrades: Upgrades) =>
	openDatabase(indexedDB, "its", upgrades).run("readonly", async ({ objectStoreNames }) => [
		...objectStoreNames,
	]);

/** A factory that says this when it is asked to open something. */
const refusing = (name: string) =>
	({
		open() {
			throw new DOMException("not here", name);
		},
	}) as unknown as IDBFactory;

async function kindOf(failing: Promise<unknown>): Promise<string> {
	const error = await failing.then(
		() => undefined,
		(thrown: unknown) => thrown,
	);
	if (!(error instanceof StorageFault)) throw error;
	// What is, and what to do.
	expect(error.message).toMatch(/^[A-Z].+\. [A-Z].+\.$/);
	return error.kind;
}

describe("a database", () => {
	test("gets all its stores when it is new", async () => {
		expect(await storesOf(new IDBFactory(), SECOND)).toEqual(["first", "second"]);
	});

	test("of an older version gets what it lacks, and keeps what it has", async () => {
		const indexedDB = new IDBFactory();
		await openDatabase(indexedDB, "its", FIRST).run("readwrite", (transaction) =>
			resultOf(transaction.objectStore("first").put("kept", "key")),
		);
		const second = openDatabase(indexedDB, "its", SECOND);
		expect(await second.run("readonly", async ({ objectStoreNames }) => [...objectStoreNames])).toEqual([
			"first",
			"second",
		]);
		const read = second.run("readonly", (its) => resultOf(its.objectStore("first").get("key")));
		expect(await read).toBe("kept");
	});

	test("undoes a transaction that throws, and throws the same", async () => {
		const database = openDatabase(new IDBFactory(), "its", FIRST);
		const broken = database.run("readwrite", async (transaction) => {
			await resultOf(transaction.objectStore("first").put("written", "key"));
			throw new RangeError("broken");
		});
		await expect(broken).rejects.toThrow(RangeError);
		const read = database.run("readonly", (its) => resultOf(its.objectStore("first").get("key")));
		expect(await read).toBeUndefined();
	});

	test("is opened again after the browser closed it", async () => {
		const indexedDB = new IDBFactory();
		const connections: IDBDatabase[] = [];
		const watched = {
			open(name: string, version: number) {
				const request = indexedDB.open(name, version);
				request.addEventListener("success", () => connections.push(request.result));
				return request;
			},
		} as unknown as IDBFactory;
		const database = openDatabase(watched, "its", FIRST);
		const names = () => database.run("readonly", async ({ objectStoreNames }) => objectStoreNames.length);
		expect(await names()).toBe(1);
		expect(await names()).toBe(1);
		expect(connections).toHaveLength(1);
		connections[0]?.close();
		expect(await names()).toBe(1);
		expect(connections).toHaveLength(2);
	});
});

describe("where nothing can be stored, the fault says so:", () => {
	test("no IndexedDB", async () => {
		expect(await kindOf(storesOf(undefined, FIRST))).toBe("missing");
	});

	test.each(["SecurityError", "InvalidStateError"])("%s at opening", async (name) => {
		expect(await kindOf(storesOf(refusing(name), FIRST))).toBe("missing");
	});

	test("another tab with an older page that does not let go", async () => {
		const indexedDB = new IDBFactory();
		const holding = await resultOf(indexedDB.open("its", 1));
		expect(await kindOf(storesOf(indexedDB, SECOND))).toBe("blocked");
		holding.close();
	});

	test("a newer page was open", async () => {
		const indexedDB = new IDBFactory();
		await storesOf(indexedDB, SECOND);
		expect(await kindOf(storesOf(indexedDB, FIRST))).toBe("older");
	});

	test.each([
		["QuotaExceededError", "full"],
		["UnknownError", "failed"],
	] as const)("%s", async (name, kind) => {
		const database = openDatabase(new IDBFactory(), "its", FIRST);
		const failing = database.run("readwrite", async () => {
			throw new DOMException("not now", name);
		});
		expect(await kindOf(failing)).toBe(kind);
	});

	test("and once it can be, it is", async () => {
		const indexedDB = new IDBFactory();
		let isRefused = true;
		const database = openDatabase(
			{
				open(name: string, version: number) {
					if (isRefused) throw new DOMException("not here", "SecurityError");
					return indexedDB.open(name, version);
				},
			} as unknown as IDBFactory,
			"its",
			FIRST,
		);
		const names = () => database.run("readonly", async ({ objectStoreNames }) => objectStoreNames.length);
		expect(await kindOf(names())).toBe("missing");
		isRefused = false;
		expect(await names()).toBe(1);
	});
});
