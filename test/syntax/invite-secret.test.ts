/** What people type and hand on as an invite. */
import { expect, test } from "bun:test";
import fc from "fast-check";
import { codeOf, readInviteSecret, shownCode } from "../../src/syntax/invite-secret.ts";

test.each([
	["7QMX-0V4H-T9KD", "7QMX0V4HT9KD"],
	[" 7qmx 0v4h t9kd ", "7QMX0V4HT9KD"],
	["7qmxov4hT9KD", "7QMX0V4HT9KD"],
	["LILI-OOOO-1111", "111100001111"],
])("%p is a code", (typed, secret) => {
	expect(readInviteSecret(typed)).toEqual({ kind: "code", secret });
});

test.each(["", "7QMX-0V4H-T9K", "7QMX-0V4H-T9KDD", "7QMX-0V4H-T9KU", "x".repeat(10_000), "…"])(
	"%p is none",
	(typed) => {
		expect(readInviteSecret(typed)).toBeUndefined();
	},
);

test("a link's secret is taken as it is", () => {
	const secret = "aB-_aB-_aB-_aB-_aB-_aB";
	expect(readInviteSecret(`${secret}\n`)).toEqual({ kind: "link", secret });
});

test("a code that was made is read as it is shown, in either case", () => {
	fc.assert(
		fc.property(fc.uint8Array({ minLength: 12, maxLength: 12 }), fc.boolean(), (bytes, isLow) => {
			const code = codeOf(bytes);
			const shown = shownCode(code);
			expect(shown).toMatch(/^\w{4}-\w{4}-\w{4}$/);
			expect(readInviteSecret(isLow ? shown.toLowerCase() : shown)).toEqual({ kind: "code", secret: code });
		}),
	);
});
