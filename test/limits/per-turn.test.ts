import { expect, test } from "bun:test";
import { createPerTurn } from "../../src/limits/per-turn.ts";

/** Turns that begin when the test says so. */
function turns() {
	let begin: (() => void)[] = [];
	return {
		turn: () => new Promise<void>((resolve) => begin.push(resolve)),
		async next() {
			const now = begin;
			begin = [];
			for (const resolve of now) resolve();
			for (let step = 0; step < 10; step++) await Promise.resolve();
			return now.length;
		},
	};
}

test("of what comes at once so much begins in each turn, in order, and what comes later after it", async () => {
	const { turn, next } = turns();
	const perTurn = createPerTurn(2, turn);
	const begun: number[] = [];
	const come = async (number: number) => {
		await perTurn();
		begun.push(number);
	};
	for (let number = 1; number <= 5; number++) void come(number);
	await Promise.resolve();
	expect(begun).toEqual([1, 2]);
	await next();
	expect(begun).toEqual([1, 2, 3, 4]);
	void come(6);
	await next();
	expect(begun).toEqual([1, 2, 3, 4, 5, 6]);
	await next();
	expect(await next()).toBe(0);
});

test("what comes alone begins at once, in every turn", async () => {
	const { turn, next } = turns();
	const perTurn = createPerTurn(1, turn);
	for (let round = 0; round < 3; round++) {
		expect(perTurn()).toBeUndefined();
		expect(perTurn()).toBeInstanceOf(Promise);
		await next();
		await next();
	}
});
