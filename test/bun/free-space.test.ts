import { describe, expect, test } from "bun:test";
import { tmpdir } from "node:os";
import { createSpaceCheck, type Statfs } from "../../src/bun/free-space.ts";

const MIB = 1024 * 1024;
const GIB = 1024 * MIB;
const disk = (size: number, free: number): Awaited<ReturnType<Statfs>> => ({
	bsize: 4096,
	blocks: size / 4096,
	bavail: free / 4096,
});

const KEPT = {
	id: "outbox-disk-nearly-full" as const,
	bytes: 256 * MIB,
	whenFull: "nothing new.",
	whenRoom: "all is taken.",
};

/** A check of disks by their paths, a clock to turn, and what was logged. */
function checked(disks: Record<string, ReturnType<typeof disk> | undefined>) {
	const lines: string[] = [];
	const write = (template: string) => void lines.push(template);
	const state = { now: 0, asked: 0 };
	const mayGrow = createSpaceCheck(Object.keys(disks), KEPT, {
		log: { warn: write, info: write } as never,
		now: () => state.now,
		async statfs(path) {
			state.asked++;
			const its = disks[path];
			if (!its) throw new Error("ENOSYS");
			return its;
		},
	});
	return { mayGrow, state, lines, disks };
}

describe("a disk has room for registrations", () => {
	test.each([
		["a large one with 256 MiB free", disk(100 * GIB, 256 * MIB), true],
		["a large one with less", disk(100 * GIB, 256 * MIB - 4096), false],
		["one of 1 GiB with a tenth free", disk(GIB, 110 * MIB), true],
		["one of 1 GiB with less", disk(GIB, 90 * MIB), false],
	])("%s", async (_, its, has) => {
		expect(await checked({ "/data": its }).mayGrow()).toBe(has);
	});

	test("if each of several has; one that cannot be asked is no hindrance, and neither is none", async () => {
		const [empty, full] = [disk(GIB, GIB), disk(GIB, 0)];
		expect(await checked({ a: empty, b: full }).mayGrow()).toBe(false);
		expect(await checked({ a: empty, b: undefined }).mayGrow()).toBe(true);
		expect(await checked({}).mayGrow()).toBe(true);
	});

	test("as it said a second ago: it is not asked for each registration", async () => {
		const { mayGrow, state, disks } = checked({ a: disk(GIB, GIB) });
		expect(await Promise.all([mayGrow(), mayGrow(), mayGrow()])).toEqual([true, true, true]);
		expect(state.asked).toBe(1);
		disks.a = disk(GIB, 0);
		state.now += 999;
		expect(await mayGrow()).toBe(true);
		state.now += 1;
		expect(await mayGrow()).toBe(false);
		expect(state.asked).toBe(2);
	});

	test("the operator is told once when it is full, and once when there is room again", async () => {
		const { mayGrow, state, lines, disks } = checked({ a: disk(GIB, 0) });
		for (let second = 0; second < 3; second++) {
			await mayGrow();
			state.now += 1_000;
		}
		disks.a = disk(GIB, GIB);
		await mayGrow();
		expect(lines).toEqual([
			expect.stringContaining("nearly full"),
			expect.stringContaining("There is room on the disk again"),
		]);
	});

	test("a real one can be asked", async () => {
		const mayGrow = createSpaceCheck([tmpdir()], KEPT, { log: { warn() {}, info() {} } as never });
		expect(await mayGrow()).toBeBoolean();
	});
});
