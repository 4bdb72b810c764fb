import { expect, test } from "bun:test";
import { tellOfEnds } from "../../src/connector/ended-registrations.ts";
import { type Entrance, serversForAdmins } from "../../src/connector/entrances.ts";
import { domainAlone } from "../../src/messages/whom.ts";
import { createKeyring } from "../../src/secrets.ts";
import type { Registration } from "../../src/types.ts";
import { readableLog } from "../delivery/delivery-fixture.ts";
import { component } from "./component-double.ts";
import { account } from "./xmpp-double.ts";

const keyring = await createKeyring("a key of at least thirty-two characters");

test("operators are told of accounts' servers, each with its URL once that is known, and of no component's", () => {
	const facts = { push: false, resumption: undefined, longestStanza: 10_000 };
	const server = { online: () => {}, facts: () => facts, lacks: () => ["It does not offer push."] };
	const one = account("wss://localhost/ws");
	const two = { ...account("wss://other/ws"), address: "push@other/push" };
	const entrances = [
		{ settings: one, server },
		{ settings: two, server },
		{ settings: component("xmpp://localhost:1"), server: undefined },
	] as unknown as Entrance[];
	const services = () => new Map([[one.address, "wss://localhost/ws"]]);
	const { notes, servers } = serversForAdmins(entrances, { services });
	expect(notes).toEqual(["It does not offer push.", "It does not offer push."]);
	const said = { push: false, resumption: null, longestStanza: 10_000 };
	expect(servers).toEqual([
		{ address: one.address, service: "wss://localhost/ws", ...said },
		{ address: two.address, service: null, ...said },
	]);
});

test("an end is told to the owner's server, unless push is disabled there, and at a pubsub host to whoever keeps its nodes", async () => {
	const sent: [string | undefined, string][] = [];
	const ended: unknown[] = [];
	const intake = { ended: (...given: unknown[]) => void ended.push(given) };
	const tell = tellOfEnds({
		ownerForm: domainAlone,
		entrances: [{ intake }] as unknown as Entrance[],
		connections: { sendFrom: (from, stanza) => void sent.push([from, String(stanza.attrs.to)]) },
		nodes: {
			isPubsubHost: (jid) => jid === "pubsub.example.org",
			isAt: async () => true,
			create: async () => "n",
		},
		keyring,
		ownDomains: ["example.org"],
		log: readableLog().log,
	});
	const registration = {
		node: keyring.createNode(),
		jid: "push.example.org",
		owner: "juliet@example.net",
		device: "own:1",
	} as Registration;
	const own = { ...registration, owner: "romeo@example.org" };
	// What was enabled in an own user's name is disabled instead.
	tell(own);
	tell({ ...own, device: "1", dialect: "fluux" });
	tell({ ...own, device: "1", dialect: "mod_push" });
	tell(registration);
	while (sent.length < 2) await Bun.sleep(1);
	expect(sent).toEqual([
		["push.example.org", "romeo@example.org"],
		["push.example.org", "juliet@example.net"],
	]);
	expect(ended).toEqual([]);
	tell({ ...registration, jid: "pubsub.example.org" });
	expect(ended).toEqual([["pubsub.example.org", registration.node]]);
});
