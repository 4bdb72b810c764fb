/** A real ntfy 2.11, which asks for accounts, keeps the rules that the double has, and ends the whole chain. */
import { afterEach, expect, test } from "bun:test";
import { runCommand } from "../../e2e/ad-hoc.ts";
import { openScene } from "../../e2e/scene.ts";
import { startNtfy } from "../../peers/ntfy.ts";
import { describeNtfy } from "./rules.ts";

const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
	for (const end of ends.splice(0).reverse()) await end();
});

describeNtfy("a real ntfy", async () => {
	const ntfy = await startNtfy({ accounts: true });
	const accessToken = await ntfy.account("reveille", { "wake-*": "write-only" });
	const phone = await ntfy.account("phone", { "wake-*": "read-only" });
	const topics = Array.from({ length: 5 }, (_, i) => `wake-${i + 1}`);
	const subscribed = await Promise.all(
		topics.map(async (topic) => [topic, await ntfy.subscribe(`${ntfy.url}/${topic}`, phone)] as const),
	);
	const subscriptions = new Map(subscribed);
	return {
		url: ntfy.url,
		accessToken,
		arrived(topic, timeoutMs) {
			const subscription = subscriptions.get(topic);
			if (!subscription) throw new Error(`nobody is subscribed to ${topic}`);
			return subscription.nextMessage(timeoutMs);
		},
		async stop() {
			for (const subscription of subscriptions.values()) subscription.close();
			await ntfy.stop();
		},
	};
});

test("a user of an ordinary XMPP client registers a topic by its command, and the phone shows who wrote what", async () => {
	const ntfy = await startNtfy({ accounts: true });
	ends.push(() => ntfy.stop());
	const accessToken = await ntfy.account("reveille", { "wake-*": "write-only" });
	const phone = await ntfy.account("phone", { "wake-*": "read-only" });
	const app = { name: "ntfy", service: "ntfy", server: ntfy.url, access_token: accessToken };
	const scene = await openScene("prosody", {
		xmpp: { pushWith: { body: true, sender: true } },
		settings: { APPS: JSON.stringify([{ ...app, include: ["sender", "body"] }]) },
	});
	ends.push(() => scene.stop());
	await scene.reveille.untilLogged("ntfy: its push service accepts our credentials");
	const bob = await scene.login("bob");
	await bob.online();
	const topic = `${ntfy.url}/wake-bob`;
	const {
		jid = "",
		node = "",
		secret,
	} = await runCommand(bob, scene.address, "register-push-ntfy", {
		token: topic,
	});
	await bob.enablePush({ jid, node, ...(secret !== undefined && { secret }) });
	await bob.goOffline();
	const subscription = await ntfy.subscribe(topic, phone);
	const alice = await scene.login("alice");
	await alice.sendMessage(bob.bareJid, "Wake up, Bob!");
	expect(await subscription.nextMessage()).toMatchObject({
		title: alice.jid,
		message: "Wake up, Bob!",
		priority: 4,
		click: `xmpp:${alice.bareJid}?message`,
	});
	subscription.close();
}, 60_000);
