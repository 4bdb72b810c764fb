/** XMPP_ALLOW. */
import { expect, test } from "bun:test";
import { createAccess } from "../../src/registering/access.ts";

test.each([
	[["example.org"], "juliet@example.org", true],
	[["Example.ORG"], "juliet@example.org", true],
	[["example.org"], "Juliet@Example.org", true],
	[["juliet@example.org"], "juliet@example.org", true],
	[["*"], "anybody@anywhere.example", true],
	[["elsewhere.example", "example.org"], "juliet@example.org", true],
	[["example.org"], "example.org", true],
	[["example.org"], "juliet@sub.example.org", false],
	[["sub.example.org"], "juliet@example.org", false],
	[["example.org"], "juliet@notexample.org", false],
	[["juliet@example.org"], "romeo@example.org", false],
	[["juliet@example.org"], "example.org", false],
	[[], "juliet@example.org", false],
])("%j lets %s register: %p", (allow, owner, may) => {
	expect(createAccess(allow)(owner)).toBe(may);
});
