/**
 * A stranger's message of 136 MB: more than Bun receives over WebSocket. The account's connection breaks at it, and
 * the server would send it again after each resumption, so it is passed over. A component's connection stays.
 */
import { afterEach, describe, expect, test } from "bun:test";
import { expectAllWoken, openLargeScene, sendLarge } from "./large-stanzas.ts";
import type { ServerName } from "./scene.ts";

const ends: (() => unknown)[] = [];
afterEach(async () => {
	for (const end of ends.splice(0).reverse()) await end();
}, 60_000);

test("an account at a real ejabberd loses the connection once for each, and neither a push nor a registration", async () => {
	const opened = await openLargeScene("ejabberd", "account", 20);
	const { reveille, stop } = opened.scene;
	ends.push(stop);
	await expectAllWoken(opened);
	for (const times of [1, 2]) {
		await sendLarge(opened.scene, 136);
		// Users go on writing meanwhile.
		await expectAllWoken(opened);
		expect(reveille.log().match(/It is passed over/g)).toHaveLength(times);
		expect(reveille.log().match(/the stream was resumed/g)).toHaveLength(times);
	}
	expect(reveille.log()).not.toContain("could not be resumed");
}, 300_000);

test("17 MB through a real ejabberd, to its component, cost nobody a push or a registration", async () => {
	const opened = await openLargeScene("ejabberd", "component", 10);
	ends.push(opened.scene.stop);
	await expectAllWoken(opened);
	await sendLarge(opened.scene, 17);
	await expectAllWoken(opened);
	expect(opened.scene.reveille.log().match(/is online/g)).toHaveLength(1);
}, 120_000);

describe.each(["ejabberd", "prosody"] as const)(
	"through a real %s, to its component",
	(program: ServerName) => {
		test("136 MB cost nobody a push or a registration", async () => {
			const opened = await openLargeScene(program, "component", 10);
			const { reveille, stop } = opened.scene;
			ends.push(stop);
			await expectAllWoken(opened);
			await sendLarge(opened.scene, 136);
			await expectAllWoken(opened);
			expect(reveille.log().match(/is online/g)).toHaveLength(1);
		}, 300_000);
	},
);
