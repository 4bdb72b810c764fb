import { expect, test } from "bun:test";
import { oneAnswer } from "../../src/bun/single-flight.ts";

test("whoever asks while an answer is on its way gets the same one, and later another", async () => {
	const asked: PromiseWithResolvers<number>[] = [];
	const ask = oneAnswer(() => {
		const question = Promise.withResolvers<number>();
		asked.push(question);
		return question.promise;
	});
	const together = [ask(), ask(), ask()];
	expect(asked).toHaveLength(1);
	asked[0]?.resolve(1);
	expect(await Promise.all(together)).toEqual([1, 1, 1]);
	const later = ask();
	asked[1]?.reject(new Error("away"));
	await expect(later).rejects.toThrow("away");
	const again = ask();
	asked[2]?.resolve(3);
	expect(await again).toBe(3);
	expect(asked).toHaveLength(3);
});
