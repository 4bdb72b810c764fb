/**
 * Requests whose answers would repeat much of them, and take far more bytes than servers take: a stranger who sends
 * such a one ends no stream of Reveille's, and nobody loses a push or a registration.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { User } from "../peers/user.ts";
import { openScene, type Scene, type ServerName, type Sleeper, type Transport } from "./scene.ts";

/** Each is one byte here, and four where it is written as an entity. */
const MANY = ">".repeat(100_000);

/** Has the tests of one server and one way to it run. */
export function testRepeatedInput(program: ServerName, transport: Transport): void {
	describe(`through a real ${program}, to Reveille as its ${transport}`, () => {
		let scene: Scene;
		let bob: Sleeper;
		let mallory: User;

		beforeAll(async () => {
			scene = await openScene(program, {
				transport,
				users: ["bob", "mallory"],
				settings: { PUSH_INTERVAL_MS: "0" },
				xmpp: { limits: "none" },
			});
			[bob] = (await scene.sleepers("bob")) as [Sleeper];
			mallory = await scene.login("mallory");
		}, 60_000);
		afterAll(() => scene?.stop(), 60_000);

		/** An IQ as it is, so that nothing is escaped on its way to the server. */
		const sendIq = (type: "get" | "set", id: string, payload: string) =>
			mallory.client.write(
				`<iq xmlns="jabber:client" type="${type}" id="${id}" to="${scene.address}">${payload}</iq>`,
			);
		const PING = `<ping xmlns="urn:xmpp:ping"/>`;
		const answerTo = (id: string) =>
			mallory.waitForStanza((stanza) => stanza.name === "iq" && stanza.attrs.id === id, 20_000);

		/** The stream is the first one, and still wakes who sleeps. */
		async function expectUnharmed() {
			await sendIq("get", "after", PING);
			expect((await answerTo("after")).attrs.type).toBe("result");
			scene.endpoint.clear();
			const alice = await scene.login("alice");
			await alice.sendMessage(bob.jid, "Wake up");
			await scene.endpoint.waitForPush();
			await alice.goOffline();
			expect(scene.reveille.log().match(/is online/g)).toHaveLength(1);
			expect(scene.reveille.log()).not.toContain("is not online");
			expect(await scene.server.pushEnabled("bob")).toHaveLength(1);
		}

		test("a ping with an id of 100,000 characters is not answered", async () => {
			await sendIq("get", MANY, PING);
			await expectUnharmed();
		});

		test("a command with 65 values in a field whose name has 100,000 characters is answered by a short error", async () => {
			await sendIq(
				"set",
				"long-name",
				`<command xmlns="http://jabber.org/protocol/commands" node="unregister-push" action="execute">` +
					`<x xmlns="jabber:x:data" type="submit"><field var="${MANY}">${"<value/>".repeat(65)}</field></x></command>`,
			);
			const answer = await answerTo("long-name");
			expect(answer.attrs.type).toBe("error");
			expect(String(answer).length).toBeLessThan(2_000);
			await expectUnharmed();
		});
	});
}
