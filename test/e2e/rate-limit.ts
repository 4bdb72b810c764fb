/** Stock servers limit how fast an account may send, answers included; docs/xmpp-servers.md says how to exempt one. */
import { afterAll, describe, expect, test } from "bun:test";
import { connectUser } from "../peers/user.ts";
import type { XmppServer } from "../peers/xmpp-server.ts";
import { type ServerName, startServer } from "./scene.ts";

/** Well above what either server lets through at once. */
const MESSAGES = 40;
const BODY = "x".repeat(1_000);

/** Has the tests of one server run. */
export function testRateLimit(program: ServerName): void {
	describe(`a real ${program} with its packaged limits`, () => {
		let server: XmppServer | undefined;
		afterAll(() => server?.stop(), 60_000);

		test("holds an account up, and not the one that is exempt", async () => {
			server = await startServer(program, { limits: "stock", unlimited: ["push@example.org"] });
			await server.addUsers(["push", "other", "sink"], "secret");
			const timeToSend = async (username: string) => {
				const user = await connectUser({
					service: server?.websocketUrl ?? "",
					domain: "example.org",
					username,
					password: "secret",
				});
				const startedAt = performance.now();
				for (let sent = 0; sent < MESSAGES; sent++) await user.sendMessage("sink@example.org", BODY);
				// The server takes stanzas in order: it has read them all when one comes back that was sent last.
				const id = await user.sendMessage(user.jid, "the last");
				await user.waitForStanza((stanza) => stanza.attrs.id === id, 60_000);
				return performance.now() - startedAt;
			};
			const exempt = await timeToSend("push");
			const limited = await timeToSend("other");
			// Some 10 s beside some 0.1 s: a ratio, since machines are noisy.
			expect(limited / exempt).toBeGreaterThan(3);
		}, 120_000);
	});
}
