/**
 * What takes ejabberd itself some seconds and some gigabytes: a message above what Bun's WebSocket takes (128 MiB), as
 * many elements as make a gigabyte of objects, and an outbox that could be filled with 75 MB.
 */
import { expect } from "bun:test";
import { type Deed, longPublish, MEGABYTE, registerAll, subscriptionAt } from "./means.ts";
import { outboxBytes } from "./outbox-bytes.ts";
import { siegeTests } from "./story.ts";

/** So long what a deed leaves behind is watched: the server passes it on when it likes, and tells nobody. */
const WATCHED_MS = 20_000;

const FULL_SIZE: readonly Deed[] = [
	{
		what: "sends a message of 136 MB, and another",
		// The server itself takes seconds to pass it on. And one time in ten (tried, 23.01) its session hangs when we
		// leave: ejabberd_http_ws waits without end for a process that has ended, and what was on its way is lost.
		mayDelay: true,
		async do({ stranger, scene }) {
			for (let count = 0; count < 2; count++) {
				const body = "x".repeat(136 * MEGABYTE);
				await stranger.say(`<message to="${scene.address}" type="chat"><body>${body}</body></message>`);
				await Bun.sleep(WATCHED_MS);
			}
		},
	},
	{
		what: "has done that, and waits",
		do: () => Bun.sleep(WATCHED_MS / 2),
	},
	{
		what: "sends a question of four million elements",
		async do({ stranger, scene }) {
			const elements = "<a/>".repeat(4 * MEGABYTE);
			await stranger.say(`<iq type="set" to="${scene.address}" id="a"><e xmlns="x">${elements}</e></iq>`);
			await Bun.sleep(WATCHED_MS);
		},
	},
	{
		what: "publishes 500 kB a hundred times to devices that cannot be had",
		async do(siege) {
			const { stranger } = siege;
			const at = (index: number) => subscriptionAt(`http://127.0.2.${index + 1}:9/dead`, siege);
			const made = await registerAll(siege, 50, at);
			const before = outboxBytes(siege);
			const ids: string[] = [];
			for (const to of made) {
				for (const pushClass of ["high", "voip"] as const) {
					const id = `long-${pushClass}-${to.node}`;
					ids.push(id);
					await stranger.say(longPublish(to, id, pushClass, 500_000));
				}
			}
			while (!ids.every((id) => stranger.answers.has(id))) await Bun.sleep(20);
			expect(outboxBytes(siege) - before).toBeLessThan(8 * MEGABYTE);
		},
	},
];

// Prosody lets nothing of this size in.
siegeTests("ejabberd", "account", FULL_SIZE);
siegeTests("ejabberd", "component", FULL_SIZE);
