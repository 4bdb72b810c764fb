/** The operator, who types `reveille invite`, and the visitor, who types its code. */
import { join } from "node:path";
import { en } from "../../../src/web/page/texts/en.ts";
import { runToEnd } from "../../peers/child.ts";
import type { Reveille } from "../../peers/reveille.ts";
import type { Scene } from "../scene.ts";
import { typeAddress } from "./reading.ts";
import type { FirefoxVisitor } from "./visitor.ts";

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
	const { code, stdout, stderr } = await runToEnd([process.execPath, "src/main.ts", "invite", ...args], {
		cwd: ROOT,
		env: { PATH: process.env.PATH, DATA_DIR: dataFolder, PORT: new URL(url).port },
	});
	if (code !== 0) throw new Error(stderr);
	return stdout;
}

export const makeInvite = async (reveille: Reveille, ...args: string[]): Promise<MadeInvite> =>
	JSON.parse(await typeInvite(reveille, "--json", ...args));

/** From the sign-in, which is there, to the tap. */
export async function allow(visitor: FirefoxVisitor, scene: Scene): Promise<void> {
	await typeAddress(visitor, scene.server.websocketUrl);
	await visitor.untilHeading(en.allow.title);
	await visitor.click(en.allow.go);
}

export async function enterInvite(visitor: FirefoxVisitor, invite: string): Promise<void> {
	await visitor.type(en.invite.label, invite);
	await visitor.click(en.invite.go);
}
