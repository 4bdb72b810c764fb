/** Which bodies a person wrote. */
import { expect, test } from "bun:test";
import { isOwnBody } from "../../src/syntax/own-body.ts";

test.each([
	[undefined, false],
	["", false],
	["New Message!", false],
	["New message", false],
	[" new message. ", false],
	["New message for you", true],
	["x", true],
])("%j: %p", (body, isOwn) => {
	expect(isOwnBody(body)).toBe(isOwn);
});
