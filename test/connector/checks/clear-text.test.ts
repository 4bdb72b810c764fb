/** What the start says of connections that anybody on the way can read. */
import { expect, test } from "bun:test";
import { warnOfClearText } from "../../../src/connector/checks/clear-text.ts";
import { component } from "../component-double.ts";
import { account } from "../xmpp-double.ts";

/** What is warned of, with its values. */
function warnings(...services: string[]): string[] {
	const said: string[] = [];
	const connections = services.map((service) =>
		service.startsWith("xmpp:") ? component(service) : account(service),
	);
	warnOfClearText(connections, {
		warn: ((message: string, values: Record<string, string>) =>
			said.push(message.replaceAll(/\{(\w+)\}/g, (_, name) => String(values[name])))) as never,
	});
	return said;
}

test("an account over ws:// to another host is warned of, without what its URL may hold", () => {
	expect(warnings("ws://xmpp.example.net:5280/ws?token=sesame")).toEqual([
		"push@localhost/push: the connection to ws://xmpp.example.net:5280/ws is not encrypted. Anybody on the way can read and change what is published. Use wss:// in XMPP_SERVICE.",
	]);
	for (const host of ["10.0.0.1", "[fe80::1]", "localhost.example.net", "notlocalhost", "128.0.0.1"])
		expect(warnings(`ws://${host}/ws`)).toHaveLength(1);
});

test.each([
	["to this machine", "ws://127.0.0.1:5280/ws"],
	["to this machine", "ws://127.1.2.3/ws"],
	["to this machine", "ws://localhost:5280/ws"],
	["to this machine", "ws://xmpp.localhost/ws"],
	["to this machine", "ws://[::1]:5280/ws"],
	["encrypted", "wss://xmpp.example.net/ws"],
	["of a component, which has no other way", "xmpp://xmpp.example.net:5347"],
])("one that is %s is not: %s", (_, service) => {
	expect(warnings(service)).toEqual([]);
});
