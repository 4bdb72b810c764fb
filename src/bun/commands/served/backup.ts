/**
 * What the running Reveille does for `backup`: a process of its own reads the files that must be kept, and the command
 * writes them. So nothing is written where the command's user may not write, and a service that may write nowhere but
 * in its own folder can be backed up.
 */
import { Hono } from "hono";
import { COMMAND, HAND_OVER_FILES } from "../../program.ts";
import type { KeptData } from "../kept-data.ts";

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
		return c.body(child.stdout);
	});
}
