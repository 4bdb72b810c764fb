/**
 * Somebody starts Reveille a second time, with the same settings and another data folder, as a component. The server
 * lets both in (ejabberd) or refuses the second (Prosody). The copy knows none of the registrations.
 */
import { expect } from "bun:test";
import { type Reveille, startReveille } from "../peers/reveille.ts";
import { names, openScene, type Scene, type ServerName, type Sleeper } from "./scene.ts";

/** With the same key the copy takes each node for one of its own that it does not know. */
const SETTINGS = { SECRET_KEY: "the-key-that-the-first-and-its-copy-have", PUSH_INTERVAL_MS: "0" };

const USERS = names(10);

/**
 * @param copyMs how long the copy is there
 * @param afterwards called when the first one has served all users again, alone
 */
export async function tellOfCopy(
	program: ServerName,
	copyMs: number,
	afterwards?: (first: Reveille) => Promise<void>,
): Promise<void> {
	const scene = await openScene(program, { transport: "component", users: USERS, settings: SETTINGS });
	try {
		const sleepers = await scene.sleepers(...USERS);
		await scene.reveille.untilReady();
		const { server, reveille: first } = scene;
		const [component] = server.components;
		const copy = await startReveille(
			{
				settings: {
					XMPP_SERVICE: server.componentUrl,
					XMPP_DOMAIN: scene.address,
					XMPP_PASSWORD: component?.secret,
					...SETTINGS,
				},
			},
			"health",
		);
		try {
			await publishAll(scene, sleepers, copyMs);
			if (program === "ejabberd") {
				for (const one of [first, copy]) {
					await one.untilLogged("another Reveille, which has another database");
					const ready = await fetch(`${one.url}/ready`);
					expect(ready.status).toBe(503);
					expect(await ready.text()).toContain("with another database");
				}
				expect(first.log().split("which has another database").length - 1).toBe(1);
			} else {
				await copy.untilLogged("has another connection of the component");
				expect((await fetch(`${first.url}/ready`)).status).toBe(200);
			}
		} finally {
			await copy.stop();
		}
		await expectAllKept(scene, sleepers);
		// Nobody restarted the first one.
		scene.endpoint.clear();
		const alice = await scene.login("alice");
		for (const { jid, device } of sleepers) {
			await alice.sendMessage(jid, "Wake up!");
			await scene.endpoint.waitForPush(({ endpoint }) => endpoint === device.subscription.endpoint);
		}
		await alice.goOffline();
		await expectAllKept(scene, sleepers);
		await afterwards?.(first);
	} finally {
		await scene.stop();
	}
}

/** Writes to all users again and again, so that each connection is published to for each of them. */
async function publishAll({ login }: Scene, sleepers: readonly Sleeper[], forMs: number): Promise<void> {
	const alice = await login("alice");
	const startedAt = performance.now();
	while (performance.now() - startedAt < forMs) {
		for (const { jid } of sleepers) await alice.sendMessage(jid, "Wake up!");
		// Twice a second: the load, not a wait.
		await Bun.sleep(500);
	}
	await alice.goOffline();
}

async function expectAllKept({ server }: Scene, sleepers: readonly Sleeper[]): Promise<void> {
	const enabled = await server.pushEnabledOf(sleepers.map(({ name }) => name));
	expect(enabled).toEqual(sleepers.map(({ address: { jid, node } }) => [{ jid, node }]));
}
