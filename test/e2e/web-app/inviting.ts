/** The operator, who types `reveille invite`. */
import { join } from "node:path";
import { runToEnd } from "../../peers/child.ts";
import type { Reveille } from "../../peers/reveille.ts";

const ROOT = join(import.meta.dir, "../../../");

export interface MadeInvite {
	id: string;
	link: string;
	code: string;
}

/** @param args what follows `invite` @returns what the command prints @throws with what it says where it fails */
export async function typeInvite(
	{ dataFolder, url }: Pick<Reveille, "dataFolder" | "url">,
	...args: string[]
): Promise<string> {
	const { code, stdout, stderr } = await runToEnd([process.execPath, "src/server.ts", "invite", ...args], {
		cwd: ROOT,
		env: { PATH: process.env.PATH, DATA_DIR: dataFolder, PORT: new URL(url).port },
	});
	if (code !== 0) throw new Error(stderr);
	return stdout;
}

export const makeInvite = async (reveille: Reveille, ...args: string[]): Promise<MadeInvite> =>
	JSON.parse(await typeInvite(reveille, "--json", ...args));
