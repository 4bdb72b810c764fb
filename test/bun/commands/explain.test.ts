import { describe, expect, test } from "bun:test";
import { explain } from "../../../src/bun/commands/explain.ts";
import { StartError } from "../../../src/bun/start-error.ts";
import { allMessages } from "../../../src/messages/table.ts";

describe("explain", () => {
	test("says what happened, why, what to do and where to read on", () => {
		const lines = explain("disk-full").split("\n");
		expect(lines).toEqual([
			"disk-full",
			expect.stringMatching(/^ {2}What happened: .*disk/),
			expect.stringMatching(/^ {2}Why: /),
			expect.stringMatching(/^ {2}What to do: /),
			"  More: docs/operations.md#disk-space",
		]);
	});

	test("takes the id as it stands in the log, too", () => {
		expect(explain("[disk-full]")).toBe(explain("disk-full"));
	});

	test("without an id lists all, a line each", () => {
		const lines = explain().split("\n");
		expect(lines.map((line) => line.split(" ")[0])).toEqual(allMessages().map(([id]) => id));
	});

	test("says which id was meant", () => {
		expect(() => explain("xmpp-awya")).toThrow("There is no message xmpp-awya. Did you mean xmpp-away?");
		expect(() => explain("nothing-like-it")).toThrow('explain" lists them all.');
		expect(() => explain("xmpp-awya")).toThrow(StartError);
	});
});
