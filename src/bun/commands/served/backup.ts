/**
 * What the running Reveille does for `backup`: a process of its own reads the files that must be kept, and the command
 * writes them. So nothing is written where the command's user may not write, and a service that may write nowhere but
 * in its own folder can be backed up.
 */
import { Hono } from "hono";
import { COMMAND, HAND_OVER_FILES } from "../../program.ts";
import type { KeptData } from "../kept-data.ts";
import { toBytes } from "./backup-pieces.ts";

/** `POST /backup`: {@link BackupLine} and bytes. */
export function backupRoutes(kept: KeptData): Hono {
	return new Hono().post("/backup", (c) => {
		const child = Bun.spawn([...COMMAND, HAND_OVER_FILES], {
			stdin: "pipe",
			stdout: "pipe",
			stderr: "inherit",
		});
		child.stdin.write(JSON.stringify(kept));
		child.stdin.end();
		// A command that goes takes nothing more: the pipe breaks, and with it the process ends.
		c.req.raw.signal.addEventListener("abort", () => child.kill());
		return c.body(withEnd(child));
	});
}

/** What the process hands over; where it ended before its end, that is said. */
function withEnd({ stdout, exited }: Bun.Subprocess<"pipe", "pipe", "inherit">): ReadableStream<Uint8Array> {
	return stdout.pipeThrough(
		new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array>({
			async flush(controller) {
				const code = await exited;
				if (code === 0) return;
				const reason = `the process that reads the files ended with code ${code}`;
				for (const bytes of toBytes({ kind: "failure", reason })) controller.enqueue(bytes);
			},
		}),
	);
}
