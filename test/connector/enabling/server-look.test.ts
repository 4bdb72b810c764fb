/** What is told of the servers of XMPP_ENABLE_FOR, with more than one connection. */
import { expect, test } from "bun:test";
import xml from "@xmpp/xml";
import { createPermissions } from "../../../src/connector/enabling/permissions.ts";
import { createServerLook } from "../../../src/connector/enabling/server-look.ts";
import { NS } from "../../../src/xmpp/namespaces.ts";
import { readableLog } from "../../delivery/delivery-fixture.ts";

const prosody = xml("iq", {}, xml("query", { xmlns: NS.discoInfo }, xml("identity", { name: "Prosody" })));
const permission = xml(
	"message",
	{ from: "example.org" },
	xml(
		"privilege",
		{ xmlns: NS.privilege },
		xml("perm", { access: "iq" }, xml("namespace", { ns: NS.push, type: "set" })),
	),
);

test("a connection whose server does not reach a domain changes nothing for the one that it is permitted", async () => {
	const permissions = createPermissions(["example.org"]);
	const { log, lines } = readableLog();
	const look = createServerLook({ permissions, log, timing: { permission: 5, answer: 10, again: 60_000 } });
	permissions.opened("push.example.org");
	permissions.opened("push.example.net");
	permissions.hear("push.example.org", permission);
	look.online("push.example.org", async () => prosody);
	await Bun.sleep(20);
	look.online("push.example.net", () => new Promise(() => {}));
	await Bun.sleep(40);
	look.stop();
	expect(permissions.has("push.example.org", "example.org")).toBe(true);
	expect(look.states()).toEqual([{ domain: "example.org" }]);
	expect(lines.join("\n")).not.toContain(`"id":`);
});
