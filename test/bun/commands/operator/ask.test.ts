/** A Reveille that cannot be asked: each time a sentence, and what to do. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { chmodSync } from "node:fs";
import { join } from "node:path";
import { getLogger } from "@logtape/logtape";
import { openCommandSocket } from "../../../../src/bun/command-socket.ts";
import { operatorOf, runningIn } from "../../../../src/bun/commands/operator/ask.ts";
import { askSocket } from "../../../../src/bun/commands/running.ts";
import { temporaryFolder } from "../../../peers/folder.ts";

const log = getLogger(["test"]);

let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
	folder = temporaryFolder("ask");
});
afterEach(() => folder.remove());

const failure = (asked: Promise<unknown>) =>
	asked.then(
		() => undefined,
		(error: { name: string; id: string; message: string }) => error,
	);

test("one that ends before it answers: what is done stays, and the command may be typed again", async () => {
	const socket: ReturnType<typeof openCommandSocket> = openCommandSocket(
		folder.path,
		async () => {
			await socket.stop();
			return new Response();
		},
		log,
	);
	const operator = operatorOf((path, init) => askSocket(folder.path, path, init), true);
	expect(await failure(operator.post("/import", {}))).toMatchObject({
		name: "StartError",
		id: "running-silent",
		message:
			"The Reveille that runs ended before it answered. What it did until then stays: look at its log, and type the command again.",
	});
});

test("one that does not answer in time", async () => {
	const ask = () => Promise.reject(new DOMException("The operation timed out.", "TimeoutError"));
	expect(await failure(operatorOf(ask, true).get("/registrations"))).toMatchObject({
		id: "running-silent",
		message: expect.stringContaining("did not answer in time"),
	});
});

const NOBODY = 65_534;

test("another user's: it is not taken for one that does not run", async () => {
	const socket = openCommandSocket(folder.path, () => new Response(), log);
	const sentence = `The Reveille with this DATA_DIR cannot be asked: this user may not open ${folder.path}/reveille.sock. Type the command as the user that Reveille runs as, or as root.`;
	// Root may look everywhere, and others may not look here.
	const isRoot = process.geteuid?.() === 0;
	try {
		for (const mode of isRoot ? [0o700, 0o711] : [0]) {
			chmodSync(folder.path, mode);
			if (isRoot) process.seteuid?.(NOBODY);
			const failed = await failure(runningIn(folder.path));
			if (isRoot) process.seteuid?.(0);
			expect(failed).toMatchObject({ id: "running-silent", message: sentence });
		}
	} finally {
		if (isRoot) process.seteuid?.(0);
		chmodSync(folder.path, 0o700);
		await socket.stop();
	}
});

test("where none runs there is nothing to ask", async () => {
	expect(await runningIn(folder.path)).toBeUndefined();
	expect(await runningIn(join(folder.path, "nowhere"))).toBeUndefined();
	await Bun.write(join(folder.path, "file"), "");
	expect(await runningIn(join(folder.path, "file"))).toBeUndefined();
});
