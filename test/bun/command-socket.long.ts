/** The socket of commands waits longer for an answer than Bun does by itself. */
import { expect, test } from "bun:test";
import { getLogger } from "@logtape/logtape";
import { openCommandSocket } from "../../src/bun/command-socket.ts";
import { askSocket } from "../../src/bun/commands/running.ts";
import { temporaryFolder } from "../peers/folder.ts";

test("an answer that takes 14 seconds comes, as that of a push service which is slow", async () => {
	const folder = temporaryFolder("socket");
	const slow = async () => {
		await Bun.sleep(14_000);
		return new Response("late");
	};
	const socket = openCommandSocket(folder.path, slow, getLogger("test"));
	try {
		const answer = await askSocket(folder.path, "/slow", { signal: AbortSignal.timeout(60_000) });
		expect(await answer.text()).toBe("late");
	} finally {
		await socket.stop();
		folder.remove();
	}
}, 60_000);
