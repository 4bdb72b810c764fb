/**
 * Every reply that a publish can get, as a table, and what real servers make of it: ejabberd gives a registration up at
 * the first error that is not `wait`, Prosody at the sixteenth in a row, Prosody 13 never; on `wait`, and on no reply at
 * all, all keep it.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { xml } from "@xmpp/client";
import { mountSmallDisk, type SmallDisk } from "../peers/small-disk.ts";
import type { User } from "../peers/user.ts";
import type { ReceivedPush } from "../peers/web-push-server.ts";
import { countsRefusals } from "../peers/xmpp-server.ts";
import { followReplies, type PublishReplies, type Reply, TELLING } from "./publish-replies.ts";
import { type Address, rows, WRONG_SECRET } from "./reply-rows.ts";
import { names, openScene, type Scene, type ServerName, type Sleeper, type Transport } from "./scene.ts";

/** How many errors in a row cost a registration. */
const PATIENCE = { prosody: 16, ejabberd: 1 };

/** What it costs, in the end. */
const isFatal = (reply: string) => reply.startsWith("cancel");
const isGivenUp = (program: ServerName, reply: string) => isFatal(reply) && countsRefusals(program);

/** Has one column run. */
export function testReplies(program: ServerName, transport: Transport): void {
	describe(`${program}, over the ${transport}`, () => {
		let scene: Scene;
		let disk: SmallDisk;
		let alice: User;
		let replies: PublishReplies;

		beforeAll(async () => {
			disk = mountSmallDisk();
			scene = await openScene(program, {
				transport,
				users: [...names(rows.length), "other"],
				xmpp: { limits: "none", ...TELLING[program] },
				settings: { PUSH_INTERVAL_MS: "0", DATA_DIR: join(disk.path, "data") },
			});
			alice = await scene.login("alice");
			replies = followReplies(scene.server);
		}, 60_000);
		afterAll(async () => {
			await scene?.stop();
			disk?.remove();
		}, 60_000);

		const write = ({ jid }: Sleeper) => alice.sendMessage(jid, "Wake up!");
		const isTo =
			({ device }: Sleeper) =>
			({ endpoint }: ReceivedPush) =>
				endpoint === device.subscription.endpoint;

		async function enable({ name }: Sleeper, address: Address) {
			const user = await scene.login(name);
			await user.enablePush(address);
			await user.goOffline();
		}

		/** Writes so often, and sees what the server is told each time. */
		async function replied(
			times: number,
			reply: Reply,
			sleeper: Sleeper,
			{ node }: Address = sleeper.address,
		) {
			for (let sent = 0; sent < times; sent++) {
				expect(await scene.server.pushEnabled(sleeper.name)).toHaveLength(1);
				await write(sleeper);
				expect(await replies.next(node)).toBe(reply);
			}
		}

		const here = rows.filter(({ only }) => only === undefined || only === program || only === transport);
		test.each(
			here.map((row) => {
				const reply = typeof row.reply === "string" ? row.reply : row.reply[program];
				return [reply, isGivenUp(program, reply) ? "given up" : "kept", row.why, { row, reply }] as const;
			}),
		)(
			"%s: %s (%s)",
			async (_reply, _fate, _why, { row, reply }) => {
				const [sleeper] = (await scene.sleepers(`user${rows.indexOf(row)}`)) as [Sleeper];
				const { address } = sleeper;
				const enabled = row.enables?.(address) ?? address;
				if (row.enables) {
					const user = await scene.login(sleeper.name);
					await user.disablePush(address);
					await user.goOffline();
					await enable(sleeper, enabled);
				}
				const undo = await row.cause?.({ scene, disk, sleeper, alice });
				try {
					if (reply === "none") {
						await write(sleeper);
						// It is answered when the message was handled.
						await alice.iq("get", xml("ping", { xmlns: "urn:xmpp:ping" }));
					} else if (reply === "result") {
						await replied(1, reply, sleeper);
					} else {
						await replied(PATIENCE[program] + (isFatal(reply) ? 0 : 1), reply, sleeper, enabled);
					}
					const { jid, node } = enabled;
					const kept = isGivenUp(program, reply) ? [] : [{ jid, node }];
					expect(
						await scene.server.untilPushEnabled(sleeper.name, ({ length }) => length === kept.length),
					).toEqual(kept);
					if (row.asked !== undefined) {
						expect(scene.endpoint.pushes.filter(isTo(sleeper))).toHaveLength(row.asked);
					}
				} finally {
					await undo?.();
				}
				if (isFatal(reply) || row.enables) return;
				if (reply !== "none") {
					scene.endpoint.clear();
					await write(sleeper);
				}
				await scene.endpoint.waitForPush(isTo(sleeper));
			},
			30_000,
		);

		if (program === "ejabberd") {
			test("nobody enables push without a node, so that nothing malformed is published", async () => {
				const user = await scene.login("other");
				const enabling = user.enablePush({ jid: scene.address, node: "", secret: WRONG_SECRET });
				await expect(enabling).rejects.toThrow("feature-not-implemented");
				expect(await scene.server.pushEnabled("other")).toEqual([]);
				await user.goOffline();
			});
			return;
		}

		if (!countsRefusals("prosody")) return;
		test("a result in between starts the count of errors again", async () => {
			const [sleeper] = (await scene.sleepers("other")) as [Sleeper];
			const { address } = sleeper;
			const wrong = { ...address, secret: WRONG_SECRET };
			await enable(sleeper, wrong);
			await replied(PATIENCE.prosody - 1, "cancel item-not-found", sleeper);
			await enable(sleeper, address);
			await replied(1, "result", sleeper);
			await enable(sleeper, wrong);
			await replied(PATIENCE.prosody, "cancel item-not-found", sleeper);
			await scene.server.untilPushEnabled(sleeper.name, ({ length }) => length === 0);
		});
	});
}
