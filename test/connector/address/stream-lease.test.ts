import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { getLogger } from "@logtape/logtape";
import { createStreamLease, type StreamLease } from "../../../src/connector/address/stream-lease.ts";
import type { StreamState, Streams } from "../../../src/store/local/streams.ts";
import { createStreamLeases, type StreamLeases } from "../../../src/store/stream-leases.ts";
import { openTestDatabase, type TestDatabase } from "../../database.ts";

const ADDRESS = "push@example.org/push";
const TIMING = { every: 10, gone: 60 };
const state = (inbound: number, id = "stream") => ({ id, inbound, jid: ADDRESS });

let database: TestDatabase;
let isAway: boolean;
const stopping = new AbortController();
beforeEach(async () => {
	database = await openTestDatabase();
	isAway = false;
});
const held: StreamLease[] = [];
afterEach(async () => {
	isAway = true;
	for (const lease of held.splice(0)) await lease.leave();
	await database.close();
});

function file(kept?: StreamState): Streams & { kept: StreamState | undefined } {
	return {
		kept,
		async load() {
			return this.kept;
		},
		async save(_address, next) {
			this.kept = next;
		},
		async forget() {
			this.kept = undefined;
		},
	};
}

/** The database, which is away when the test says so, for all or for one. */
function leasesOf(isCutOff: () => boolean): StreamLeases {
	const real = createStreamLeases(database.db);
	const unless =
		<Given extends unknown[], Result>(ask: (...given: Given) => Promise<Result>) =>
		async (...given: Given) => {
			if (isAway || isCutOff()) throw new Error("away");
			return ask(...given);
		};
	return {
		find: unless(real.find),
		take: unless(real.take),
		beat: unless(real.beat),
		leave: unless(real.leave),
	};
}

function connector(holder: string, streams = file()) {
	const of = { isCutOff: false, lost: 0, stoodBy: 0 };
	const lease = createStreamLease({
		address: ADDRESS,
		holder,
		streams,
		timing: TIMING,
		log: getLogger("test"),
		leases: leasesOf(() => of.isCutOff),
		onLost: () => of.lost++,
	});
	held.push(lease);
	const take = () => lease.take(() => of.stoodBy++, stopping.signal);
	return Object.assign(of, { lease, streams, take });
}

/** What it does while several beats go by. */
const aWhile = () => Bun.sleep(2 * TIMING.gone);

describe("a process that stands by", () => {
	test("does not count its own sleep against a holder that slept too", async () => {
		const real = createStreamLeases(database.db);
		await real.take(ADDRESS, "holder", undefined);
		let beats = false;
		let finds = 0;
		const looked = new Map<number, () => void>();
		const find: StreamLeases["find"] = async (address) => {
			if (beats) await real.beat(address, "holder", undefined);
			const seen = await real.find(address);
			looked.get(++finds)?.();
			return seen;
		};
		const until = (count: number) => new Promise<void>((resolve) => looked.set(count, resolve));
		const lease = createStreamLease({
			address: ADDRESS,
			holder: "standby",
			leases: { ...real, find },
			streams: file(),
			timing: TIMING,
			log: getLogger("test"),
			onLost: () => {},
		});
		held.push(lease);
		const twice = until(2);
		const often = until(6);
		const signal = new AbortController();
		const taking = lease.take(() => {}, signal.signal);
		await twice;
		// The whole machine stands still.
		Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2 * TIMING.gone);
		beats = true;
		await often;
		signal.abort();
		expect(await taking).toBeUndefined();
		expect(await real.find(ADDRESS)).toMatchObject({ holder: "holder" });
	});

	test("waits while the holder lives, and has its stream when that is gone", async () => {
		const one = connector("one");
		expect(await one.take()).toEqual({ state: undefined });
		await one.lease.save(state(7));
		const two = connector("two");
		let taken: unknown;
		const taking = two.take().then((what) => {
			taken = what;
		});
		await aWhile();
		expect(taken).toBeUndefined();
		expect(two.stoodBy).toBeGreaterThan(0);
		one.isCutOff = true;
		await taking;
		expect(taken).toEqual({ state: state(7) });
		expect(two.streams.kept).toEqual(state(7));
		// The first hears of it as soon as it can ask.
		one.isCutOff = false;
		await aWhile();
		expect(one.lost).toBe(1);
		expect(await one.lease.isOurs(stopping.signal)).toBe(false);
	});

	test("has it at once when the holder leaves, with the last count", async () => {
		const one = connector("one");
		await one.take();
		await one.lease.save(state(7));
		const two = connector("two");
		const taking = two.take();
		await one.lease.save(state(8));
		await one.lease.leave();
		expect(await taking).toEqual({ state: state(8) });
	});

	test("holds nobody for gone while the database is away", async () => {
		const one = connector("one");
		await one.take();
		const two = connector("two");
		let isTaken = false;
		const taken = two.take().then(() => {
			isTaken = true;
		});
		await aWhile();
		isAway = true;
		await aWhile();
		isAway = false;
		await aWhile();
		expect(isTaken).toBe(false);
		expect(one.lost).toBe(0);
		expect(await one.take()).toBe("kept");
		one.isCutOff = true;
		await taken;
	});
});

describe("a holder", () => {
	test("that comes back has its own file's stream at once: that is written first", async () => {
		const one = connector("one");
		await one.take();
		await one.lease.save(state(7));
		one.isCutOff = true;
		await one.lease.save(state(9));
		const again = connector("one", one.streams);
		expect(await again.take()).toEqual({ state: state(9) });
	});

	test("without the database goes on from its file, and leaves what another one has meanwhile", async () => {
		isAway = true;
		const one = connector("one", file(state(7)));
		expect(await one.take()).toEqual({ state: state(7) });
		isAway = false;
		await aWhile();
		expect(await one.lease.isOurs(stopping.signal)).toBe(true);
		const two = connector("two");
		const taking = two.take();
		await one.lease.leave();
		await taking;

		isAway = true;
		const again = connector("one", one.streams);
		expect(await again.take()).toEqual({ state: state(7) });
		isAway = false;
		await aWhile();
		expect(again.lost).toBe(1);
		expect(two.lost).toBe(0);
	});

	test("brings the database up to date as soon as that takes the count again", async () => {
		const one = connector("one");
		await one.take();
		await one.lease.save(state(7));
		isAway = true;
		await one.lease.save(state(9));
		expect(one.streams.kept).toEqual(state(9));
		isAway = false;
		await aWhile();
		expect((await createStreamLeases(database.db).find(ADDRESS))?.state).toEqual(state(9));
	});
});
