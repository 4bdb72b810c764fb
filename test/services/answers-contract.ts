/** What every service over HTTP/1.1 makes of its rows: each is said over a socket, and is the outcome it must be. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Outcome } from "../../src/types.ts";
import { after, type Row, type Said, saidAt } from "./answer-rows.ts";
import { type PushDouble, startPushDouble } from "./push-double.ts";

/**
 * @param now what the service's clock says, ms since the epoch
 * @param send sends a push that the service takes to the double at `origin`
 */
export function describeAnswers(
	rows: readonly Row<Said>[],
	now: number,
	send: (origin: string) => Promise<Outcome>,
): void {
	describe("over a socket, the answer", () => {
		let double: PushDouble;
		beforeAll(async () => {
			double = await startPushDouble();
		});
		afterAll(() => double[Symbol.asyncDispose]());

		async function check(answers: [Said, ...Said[]], row: Row<Said>, afterMs: number | undefined) {
			const { means, reason, about, id, requests = 1 } = row;
			double.answer(...answers);
			const before = double.received.length;
			const outcome = { kind: means.outcome, reason, about, id, afterMs };
			expect(await send(double.origin)).toEqual(outcome as never);
			const paths = double.received.slice(before).map(({ path }) => path);
			expect(paths.length).toBe(requests);
			// Wherever an answer leads, nobody follows.
			expect(paths).not.toContain("/elsewhere");
		}

		const named = rows.map((row) => [row.says, row] as const);
		test.each(named)("%s", (_, row) => check(saidAt(row.answers, now), row, row.afterMs));

		test.each(named)("%s, with Retry-After and Location", async (_, row) => {
			const [first, ...more] = saidAt(row.answers, now).map(({ headers, ...said }) =>
				after({ ...said, headers: { ...headers, location: `${double.origin}/elsewhere` } }, 7),
			);
			if (first) await check([first, ...more], row, row.means.outcome === "retry" ? 7000 : undefined);
		});
	});
}
