import { beforeEach, expect, test } from "bun:test";
import { createGroupCommit } from "../../src/store/group-commit.ts";

let groups: { changes: string[]; written: PromiseWithResolvers<void> }[];
let pauses: PromiseWithResolvers<void>[];
let add: (changes: readonly string[]) => Promise<void>;
beforeEach(() => {
	groups = [];
	pauses = [];
	add = createGroupCommit<string>(
		(changes) => {
			const written = Promise.withResolvers<void>();
			groups.push({ changes, written });
			return written.promise;
		},
		() => {
			const pause = Promise.withResolvers<void>();
			pauses.push(pause);
			return pause.promise;
		},
	);
});

const everythingReady = () => new Promise<void>((resolve) => setImmediate(resolve));
/** A pause is over. */
async function pass(index: number) {
	pauses[index]?.resolve();
	await everythingReady();
}
const written = () => groups.map(({ changes }) => changes.join(""));

test("what comes within a pause is written together, in its order, and answered once it is written", async () => {
	let answered = 0;
	for (const change of ["a", "b"]) void add([change]).then(() => answered++);
	void add(["c", "d"]).then(() => answered++);
	expect([pauses.length, groups.length]).toEqual([1, 0]);
	await pass(0);
	expect([written(), answered]).toEqual([["abcd"], 0]);
	groups[0]?.written.resolve();
	await everythingReady();
	expect(answered).toBe(3);
});

test("what comes while a group is written is the next group, which is written after it", async () => {
	void add(["a"]);
	await pass(0);
	void add(["b"]);
	await pass(1);
	void add(["c"]);
	expect(written()).toEqual(["a"]);
	groups[0]?.written.resolve();
	await everythingReady();
	expect(written()).toEqual(["a", "bc"]);
});

test("a group that cannot be written fails for all in it, and for nobody else", async () => {
	const failed = [add(["a"]), add(["b"])].map((each) => each.catch((error: Error) => error.message));
	await pass(0);
	const next = add(["c"]);
	groups[0]?.written.reject(new Error("disk full"));
	expect(await Promise.all(failed)).toEqual(["disk full", "disk full"]);
	await pass(1);
	groups[1]?.written.resolve();
	await next;
	expect(written()).toEqual(["ab", "c"]);
});
