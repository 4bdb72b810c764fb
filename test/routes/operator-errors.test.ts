/** What an operator is told of a failure: where no Reveille runs there is no log to look at. */
import { expect, test } from "bun:test";
import { getLogger } from "@logtape/logtape";
import { toOperatorProblem } from "../../src/routes/errors.ts";
import { Problem } from "../../src/routes/problem.ts";
import { UnfitDatabase } from "../../src/store/database-fault.ts";

const told = (error: unknown) => toOperatorProblem(error, getLogger(["test"]));

test("why the database failed, and what to do", () => {
	const full = new Error("SQLITE_FULL: database or disk is full");
	full.name = "LibsqlError";
	expect(told(full)).toMatchObject({
		kind: "unavailable",
		message:
			"The database failed (LibsqlError: SQLITE_FULL: database or disk is full). If its disk is full, make room. If it is away or busy, type the command again.",
	});
});

test("a fault of our own by its name, and what is a sentence already as it is", () => {
	expect(told(new TypeError("x is not a function"))).toMatchObject({
		kind: "internal-error",
		message: "A fault of Reveille's own (TypeError: x is not a function).",
	});
	const problem = new Problem("over-quota", "There are too many.");
	expect(told(problem)).toBe(problem);
	expect(told(new UnfitDatabase("Not this one."))).toMatchObject({ message: "Not this one." });
});
