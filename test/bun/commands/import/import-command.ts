/** `reveille import`, as an operator types it. */
import { join } from "node:path";
import { runToEnd } from "../../../peers/child.ts";

const ROOT = join(import.meta.dir, "../../../../");

/** Runs the command with settings of its own. */
export async function command(args: string[], settings: Record<string, string>) {
	const { PATH = "", HOME = "" } = process.env;
	const {
		stdout: output,
		stderr: errors,
		code,
	} = await runToEnd([process.execPath, "src/main.ts", "import", ...args], {
		cwd: ROOT,
		env: { PATH, HOME, ...settings },
	});
	return { output, errors, code };
}
