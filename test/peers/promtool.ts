/** Prometheus's own tool, which checks rules, their tests and configurations. Debian packages it with the server. */
import { MissingPeer, systemPath } from "./missing-peer.ts";

/** @throws {MissingPeer} */
export function findPromtool(): string {
	const path = Bun.which("promtool", { PATH: systemPath() });
	if (path === null) throw new MissingPeer("promtool", ["prometheus"]);
	return path;
}

/** Runs it. @param input what it reads. @returns whether it found nothing wrong, and what it said */
export function promtool(args: readonly string[], cwd: string, input = ""): { ok: boolean; said: string } {
	const { success, stdout, stderr } = Bun.spawnSync([findPromtool(), ...args], {
		cwd,
		stdin: Buffer.from(input),
	});
	return { ok: success, said: `${stdout}${stderr}` };
}
