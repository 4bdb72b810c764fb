/** What a stranger's stanza can cost: what leaves for it, and for how long it keeps the process from all others. */
import { stanzaBounds } from "../../src/limits/bounds/stanzas.ts";
import type { Answer } from "../../src/types.ts";
import { claim } from "./claims.ts";
import { longestHold, unhurried } from "./event-loop.ts";
import { eventually, type Fuzzed } from "./property.ts";
import { anyStanza, bytesOf, openStrangers } from "./strangers.ts";

/** What leaves beyond the cause, bytes: as much as a list of all that one may have registered. */
const MORE = 32 * 1024;

const ANSWERS: readonly Answer[] = [
	{ kind: "done", how: "delivered" },
	{ kind: "unknown", reason: "never told" },
	{ kind: "wait", reason: "the database is not available" },
];
let published = 0;
const strangers = await openStrangers(() => ANSWERS[published++ % ANSWERS.length] as Answer);
const doors = { account: strangers.account(), component: strangers.component() };
const NAMES = { account: "an account", component: "a component" };

export const fuzzed: Fuzzed = {
	name: "a stranger's stanza",
	properties: (["account", "component"] as const).flatMap((kind) => [
		eventually(
			`to ${NAMES[kind]} has no more leave than itself and 32 KiB, and nothing that is too large`,
			{ weight: 1, most: 5_000 },
			anyStanza,
			async (xml) => {
				const sizes = (await doors[kind].take(xml)).map((stanza) => bytesOf(String(stanza)));
				await strangers.restore();
				const all = sizes.reduce((sum, size) => sum + size, 0);
				claim(all <= bytesOf(xml) + MORE, () => `${bytesOf(xml)} bytes came, ${all} left`);
				claim(Math.max(0, ...sizes) <= stanzaBounds.sent.is, () => `a stanza of ${Math.max(...sizes)} bytes`);
			},
		),
		eventually(
			`to ${NAMES[kind]} holds the event loop for 50 ms at the most`,
			{ weight: 1, most: 1_000 },
			anyStanza,
			async (xml) => {
				const held = await unhurried(async () => {
					await strangers.restore();
					return longestHold(() => doors[kind].take(xml));
				});
				claim(held.isWithin, () => `${bytesOf(xml)} bytes held it for ${held.ms} ms: ${xml.slice(0, 200)}`);
			},
		),
	]),
	close: strangers.close,
};
