/** A setting of Bun's own that makes TLS worthless is not passed over in silence. */
import { expect, test } from "bun:test";
import { uncheckedTls } from "../../../src/bun/fetch/unchecked-tls.ts";

test("NODE_TLS_REJECT_UNAUTHORIZED=0 is said loudly, with what to set instead", () => {
	const said = uncheckedTls({ NODE_TLS_REJECT_UNAUTHORIZED: "0" });
	expect(said).toContain("NO CERTIFICATE IS CHECKED");
	expect(said).toContain("XMPP_CA");
});

test.each([undefined, "", "1"])("with %p there is nothing to say", (NODE_TLS_REJECT_UNAUTHORIZED) => {
	expect(uncheckedTls({ NODE_TLS_REJECT_UNAUTHORIZED })).toBeUndefined();
});
