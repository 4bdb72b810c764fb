import { expect, test } from "bun:test";
import { openDatabase } from "../../../src/bun/database/open.ts";
import { deliveryBounds } from "../../../src/limits/bounds/delivery.ts";
import { type OutboxEntry, openOutbox } from "../../../src/store/local/outbox.ts";

const entry = (node: string, version: number): OutboxEntry => ({
	node,
	class: "high",
	version,
	notification: { class: "high" },
	attempts: 1,
	dueAt: 1,
	expiresAt: Number.MAX_SAFE_INTEGER,
});

/** @param pause how long changes gather */
async function open(pause = async () => {}) {
	const { db, client } = await openDatabase({ url: "file::memory:", migrations: "outbox" });
	return { outbox: await openOutbox(db, pause), close: () => client.close() };
}

test("what was read before it was superseded, changed or removed may be another thing now; nothing else is", async () => {
	const { outbox, close } = await open();
	await outbox.put(...["put", "change", "remove", "drop", "left"].map((node) => entry(node, 1)));
	const stamp = outbox.stamp();
	const read = await outbox.due(undefined, 2, 10);
	expect(read.map((one) => outbox.mayHaveChanged(one, stamp))).toEqual([false, false, false, false, false]);
	await outbox.put(entry("put", 2));
	await outbox.change(entry("change", 1));
	await outbox.remove("remove", "high", 1);
	await outbox.drop("drop", "high", 1);
	expect(
		read.map((one) => one.node).filter((_, at) => outbox.mayHaveChanged(read[at] as OutboxEntry, stamp)),
	).toEqual(["put", "change", "remove", "drop"]);
	expect((await outbox.due(undefined, 2, 10)).map(({ node }) => node).sort()).toEqual([
		"change",
		"left",
		"put",
	]);
	close();
});

test("what is read while a change waits to be written is as it was before, and is known to", async () => {
	const pause = Promise.withResolvers<void>();
	let isFirst = true;
	const { outbox, close } = await open(async () => {
		if (!isFirst) await pause.promise;
		isFirst = false;
	});
	await outbox.put(entry("a", 1));
	const removing = outbox.remove("a", "high", 1);
	const stamp = outbox.stamp();
	const [read] = await outbox.due(undefined, 2, 10);
	expect(outbox.mayHaveChanged(read as OutboxEntry, stamp)).toBe(false);
	pause.resolve();
	await removing;
	expect(outbox.mayHaveChanged(read as OutboxEntry, stamp)).toBe(true);
	close();
});

test("of what was read too many changes ago nothing is known", async () => {
	const { outbox, close } = await open();
	const stamp = outbox.stamp();
	const most = deliveryBounds.outboxTouches.is;
	await outbox.put(...Array.from({ length: most / 2 - 1 }, (_, n) => entry(`n${n}`, 1)));
	expect(outbox.mayHaveChanged(entry("a", 1), stamp)).toBe(false);
	await outbox.put(entry("b", 1));
	expect(outbox.mayHaveChanged(entry("a", 1), stamp)).toBe(true);
	close();
});

test("many removals are written together, each by its own version", async () => {
	const { outbox, close } = await open();
	const own = { slot: "own 5", version: 5 };
	await outbox.put(entry("a", 7), entry("b", 7), { ...entry("b", 5), ...own }, entry("c", 7), entry("d", 7));
	await Promise.all([
		outbox.remove("a", "high", 8),
		outbox.remove("b", "high", 8),
		outbox.remove("c", "high", 6),
		outbox.drop("d", "high", 8),
	]);
	const left = async () =>
		(await outbox.due(undefined, 2, 10)).map(({ node, version }) => `${node} ${version}`);
	expect((await left()).sort()).toEqual(["b 5", "c 7", "d 7"]);
	await Promise.all([outbox.remove("b", "high", 5), outbox.drop("d", "high", 7)]);
	expect(await left()).toEqual(["c 7"]);
	close();
});
