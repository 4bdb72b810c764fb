/** The language of the tables of answers, and what all five tables have in common. */
import { describe, expect, test } from "bun:test";
import { type AnswerRow, outcomeOf, rowOf } from "../../src/services/answers.ts";
import { ANSWERS as APNS } from "../../src/services/apns/answers.ts";
import { ANSWERS as FCM } from "../../src/services/fcm/answers.ts";
import { timeToLive } from "../../src/services/time-to-live.ts";
import { ANSWERS as UBUNTU } from "../../src/services/ubuntu/answers.ts";
import { ANSWERS as WEBPUSH } from "../../src/services/webpush/answers.ts";
import { ANSWERS as WNS } from "../../src/services/wns/answers.ts";

const TABLE: readonly AnswerRow[] = [
	{ status: 200, kind: "delivered", reason: "" },
	{ status: 400, word: "dead", kind: "gone", reason: "dead token" },
	{ status: 400, words: /slow down/i, kind: "retry", reason: "too many", about: "token", afterMs: 60_000 },
	{ status: [400, 403], kind: "misconfigured", reason: "refused", about: "token" },
];

describe("a row holds", () => {
	test.each([
		["a status", { status: 200 }, ""],
		["the first and the last of several", { status: 403 }, "refused"],
		["a status with the service's word", { status: 400, word: "dead" }, "dead token"],
		["no other word", { status: 400, word: "deader" }, "refused"],
		["no answer without the word", { status: 400 }, "refused"],
		["a text that matches", { status: 400, text: "please, Slow down" }, "too many"],
		["nothing beyond its statuses", { status: 404 }, undefined],
	])("%s", (_, said, reason) => {
		expect(rowOf(TABLE, said)?.reason).toBe(reason as string);
	});

	test("only what the service says that it holds beside", () => {
		expect(rowOf(TABLE, { status: 400, word: "dead" }, ({ word }) => word === undefined)?.reason).toBe(
			"refused",
		);
	});
});

describe("the outcome of a row", () => {
	const [delivered, gone, retry, misconfigured] = TABLE;

	test("has status, reason and the provider's word", () => {
		expect(outcomeOf(delivered, { status: 200 }, "word")).toEqual({ kind: "delivered" });
		expect(outcomeOf(gone, { status: 400, afterMs: 7 }, "dead")).toEqual({
			kind: "gone",
			reason: "400 dead token (dead)",
		});
		expect(outcomeOf(misconfigured, { status: 403, afterMs: 7 })).toEqual({
			kind: "misconfigured",
			reason: "403 refused",
			about: "token",
		});
	});

	test("is tried again when the provider asked for it, or when the row says", () => {
		const outcome = { kind: "retry" as const, reason: "400 too many", about: "token" as const };
		expect(outcomeOf(retry, { status: 400 })).toEqual({ ...outcome, afterMs: 60_000 });
		expect(outcomeOf(retry, { status: 400, afterMs: 7 })).toEqual({ ...outcome, afterMs: 7 });
	});

	test("that there is not is tried again", () => {
		expect(outcomeOf(undefined, { status: 418 })).toEqual({ kind: "retry", reason: "418 unknown answer" });
	});
});

describe.each(Object.entries({ APNS, FCM, UBUNTU, WEBPUSH, WNS }))("the table of %s", (_, table) => {
	test("has no row that an earlier one hides", () => {
		const hidden = table.filter((row: AnswerRow, index) => {
			const status = typeof row.status === "number" ? row.status : row.status[0];
			const last = typeof row.status === "number" ? row.status : row.status[1];
			const plain = (one: AnswerRow) =>
				one.words === undefined && !("isProjectQuota" in one) && !("own" in one);
			const hiding = table
				.slice(0, index)
				.filter((one) => plain(one) && (one.word === undefined || one.word === row.word));
			const isHidden = (at: number) => rowOf(hiding, { status: at, word: row.word }) !== undefined;
			return Array.from({ length: last - status + 1 }, (_, i) => status + i).every(isHidden);
		});
		expect(hidden).toEqual([]);
	});

	test("never calls a device gone for what is the server's fault", () => {
		const gone = table.filter(({ kind }) => kind === "gone");
		expect(gone.length).toBeGreaterThan(0);
		expect(gone.filter(({ status }) => typeof status !== "number" || status >= 500)).toEqual([]);
	});
});

test.each([
	[3600.9, {}, 3600],
	[-1, {}, 0],
	[Number.NaN, { least: 60 }, 60],
	[Number.POSITIVE_INFINITY, {}, 2_419_200],
	[1e12, { most: 2_592_000 }, 2_592_000],
])("of %p seconds with %j a service is told %p", (seconds, limits, told) => {
	expect(timeToLive(seconds, limits)).toBe(told);
});
