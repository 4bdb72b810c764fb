/**
 * A stranger's message of 17 MB, through servers that let it pass: it is passed over, the stream stays, and nobody
 * loses a push or a registration. (What is beyond the 128 MiB that Bun receives is in large-stanzas.long.ts.)
 */
import { afterEach, describe, expect, test } from "bun:test";
import { expectAllWoken, openLargeScene, sendLarge } from "./large-stanzas.ts";
import type { ServerName, Transport } from "./scene.ts";

const ends: (() => unknown)[] = [];
afterEach(async () => {
	for (const end of ends.splice(0).reverse()) await end();
}, 60_000);

const WAYS: [ServerName, Transport][] = [
	["ejabberd", "account"],
	["prosody", "component"],
];

describe.each(WAYS)("through a real %s, to Reveille as its %s", (program, transport) => {
	test("17 MB cost nobody a push or a registration", async () => {
		const opened = await openLargeScene(program, transport, 10);
		const { reveille, stop } = opened.scene;
		ends.push(stop);
		await expectAllWoken(opened);
		await sendLarge(opened.scene, 17);
		await expectAllWoken(opened);
		expect(reveille.log().match(/is online/g)).toHaveLength(1);
		expect(reveille.log()).not.toContain("is not online");
	}, 120_000);
});
