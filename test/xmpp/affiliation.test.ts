/** XEP-0357 §8: what a user's server is told when a registration ended. */
import { expect, test } from "bun:test";
import { affiliationNone } from "../../src/xmpp/affiliation.ts";

const registration = {
	node: "N",
	app: "webpush",
	device: "D",
	token: "t",
	registeredAt: 0,
	renewedAt: 0,
	owner: "juliet@example.org",
	jid: "push@example.net/push",
};

test("the owner's server is told that the owner has nothing to do with the node any more", () => {
	expect(String(affiliationNone(registration))).toBe(
		`<message type="headline" to="juliet@example.org" from="push@example.net/push">` +
			`<pubsub xmlns="http://jabber.org/protocol/pubsub" node="N">` +
			`<affiliation jid="juliet@example.org" affiliation="none"/></pubsub></message>`,
	);
});

test("nobody is told of what registered over HTTP: its owner is not known", () => {
	expect(affiliationNone({ ...registration, owner: "" })).toBeUndefined();
});

test("an owner whose JID is very long is not told: it hears of the end when its server next publishes", () => {
	expect(affiliationNone({ ...registration, owner: `${"x".repeat(150)}@example.org` })).toBeDefined();
	expect(affiliationNone({ ...registration, owner: `${"x".repeat(300)}@example.org` })).toBeUndefined();
	expect(affiliationNone({ ...registration, jid: `push.example.net/${"x".repeat(1_000)}` })).toBeUndefined();
});
