/** A tap on a notification. */
import { describe, expect, test } from "bun:test";
import type { ShownData } from "../../../src/web/worker/notification.ts";
import { pageUrl } from "../../../src/web/worker/opening.ts";
import { type OpenPage, takeClose, takeTap } from "../../../src/web/worker/tap.ts";
import { ownDevice } from "../own-device.ts";
import { surroundings } from "./effects.ts";

const SCOPE = "https://push.example/app/";

async function tapped(open: readonly string[] = [], refused: readonly string[] = []) {
	const { effects, told, badges } = surroundings();
	const did: string[] = [];
	await effects.devices.put(ownDevice({ unread: { "juliet@example.net": 2, "mercutio@example.net": 1 } }));
	const pages: OpenPage[] = open.map((url) => ({
		url,
		focus: async () => did.push(`focus ${url}`),
		navigate: async (to) => did.push(`navigate ${to}`),
	}));
	const its = {
		...effects,
		scope: SCOPE,
		home: async (node: string | undefined) => pageUrl(SCOPE, node),
		pages: async () => pages,
		async open(url: string) {
			if (refused.includes(url)) throw new TypeError("not such URLs");
			did.push(`open ${url}`);
		},
	};
	return { did, told, badges, its, tap: (data: ShownData) => takeTap(data, its) };
}

describe("a tap", () => {
	test("opens the chat, and its messages are looked at", async () => {
		const { tap, did, told, badges, its } = await tapped([SCOPE]);
		await tap({ url: "xmpp:juliet@example.net", node: "node-1", whose: "juliet@example.net", count: 2 });
		expect(did).toEqual(["open xmpp:juliet@example.net"]);
		expect((await its.devices.get("node-1"))?.unread).toEqual({ "mercutio@example.net": 1 });
		expect(badges).toEqual([1]);
		expect(told).toEqual([{ kind: "changed" }]);
	});

	test("counts as looked at where the browser never says what became of it", async () => {
		const { its, badges } = await tapped();
		const counted = Promise.withResolvers<void>();
		const data = { url: "xmpp:juliet@example.net", node: "node-1", whose: "juliet@example.net", count: 2 };
		void takeTap(data, {
			...its,
			open: () => new Promise(() => {}),
			tell: async () => counted.resolve(),
		});
		await counted.promise;
		expect(badges).toEqual([1]);
	});

	test("opens the page of the device where the browser does not open such URLs", async () => {
		const { tap, did } = await tapped([], ["xmpp:juliet@example.net"]);
		await tap({ url: "xmpp:juliet@example.net", node: "node-1" });
		expect(did).toEqual([`open ${SCOPE}#/device/node-1`]);
	});

	test("goes to the page that is open", async () => {
		const { tap, did } = await tapped(["https://push.example/docs", `${SCOPE}#/devices`]);
		await tap({ node: "node-1" });
		expect(did).toEqual([`focus ${SCOPE}#/devices`, `navigate ${SCOPE}#/device/node-1`]);
	});

	test("leaves an open page where it is, if no device is meant", async () => {
		const { tap, did } = await tapped([`${SCOPE}#/devices`]);
		await tap({});
		expect(did).toEqual([`focus ${SCOPE}#/devices`]);
	});

	test("opens the page where none is open", async () => {
		const { tap, did } = await tapped(["https://push.example/docs"]);
		await tap({});
		expect(did).toEqual([`open ${SCOPE}`]);
	});
});

describe("a tap at a site of others", () => {
	const HOME = "https://chat.example/talk?room=1";
	const home = async () => HOME;
	const scope = "https://chat.example/files/";

	test.each([
		["opens its page, wherever the service worker's file is", [], [`open ${HOME}`]],
		[
			"goes to its page that is open, and leaves it where it is",
			[`${HOME}#juliet`],
			[`focus ${HOME}#juliet`],
		],
		["does not go to another page of its origin", ["https://chat.example/shop"], [`open ${HOME}`]],
	])("%s", async (_, pages, expected) => {
		const { its, did } = await tapped(pages);
		await takeTap({ node: "node-1" }, { ...its, home, scope });
		expect(did).toEqual(expected);
	});

	test("opens what is in the scope where the browser's database does not say its page", async () => {
		const { its, did } = await tapped();
		const unknown = async () => {
			throw new Error("closed");
		};
		await takeTap({ node: "node-1" }, { ...its, home: unknown, scope });
		expect(did).toEqual([`open ${scope}`]);
	});
});

describe("what is taken away", () => {
	test("was looked at, and nothing opens", async () => {
		const { its, did, told, badges } = await tapped([SCOPE]);
		await takeClose({ node: "node-1", whose: "mercutio@example.net", count: 1 }, its);
		expect(did).toEqual([]);
		expect(badges).toEqual([2]);
		expect(told).toEqual([{ kind: "changed" }]);
	});

	test.each([
		["by a newer notification of the same sender", { node: "node-1", whose: "juliet@example.net", count: 1 }],
		["of a device that is not here any more", { node: "node-9", whose: "juliet@example.net", count: 2 }],
		["without messages", { node: "node-1" }],
	])("%s was not", async (_, data) => {
		const { its, told, badges } = await tapped([SCOPE]);
		await takeClose(data, its);
		expect((await its.devices.get("node-1"))?.unread?.["juliet@example.net"]).toBe(2);
		expect([told, badges]).toEqual([[], []]);
	});
});
