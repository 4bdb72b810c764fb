/** A Debian in a folder, made with debootstrap and the mirror that this machine's apt uses. */
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { basename, dirname, join } from "node:path";
import { dieWithParent, guard } from "./guard.ts";
import { ensurePeers } from "./install.ts";
import { MissingPeer, systemPath } from "./missing-peer.ts";
import { systemIn } from "./system.ts";

/** What apt knows of its sources: which of them are a whole Debian, and where. */
const MIRRORS = ["--format", "$(REPO_URI)", "Created-By: Packages", "Origin: Debian", "Label: Debian"];

export interface Bootstrap {
	/** Debian's name for it: bookworm. */
	release: string;
	/** Its root. */
	folder: string;
	/** The line to type when it fails for now. */
	again: string;
	/** Further packages. */
	include?: readonly string[];
	/** Of another machine: its packages are laid out, and none is configured, as their scripts cannot run here. */
	foreign?: string;
}

/** @returns where a Debian of this name is kept in the user's cache */
export function cachedDebian(name: string, env: Record<string, string | undefined> = process.env): string {
	return join(env.XDG_CACHE_HOME || join(homedir(), ".cache"), "reveille", name);
}

/**
 * Makes it under another name until it is whole. Costs nothing when it is there; several may do so at once.
 *
 * @param onProgress is told in a sentence what takes long
 * @throws {MissingPeer} when it cannot be made, with the line to type
 */
export async function bootstrap(wanted: Bootstrap, onProgress: (sentence: string) => void): Promise<void> {
	const { release, folder, again, include = [], foreign } = wanted;
	if (existsSync(folder)) return;
	const what = `Debian ${release}`;
	removeLeftovers(folder);
	const begun = `${folder}.${process.pid}`;
	const mirror = await findMirror();
	const options = ["--variant=minbase", ...(foreign ? ["--foreign", `--arch=${foreign}`] : [])];
	if (include.length > 0) options.push(`--include=${include.join(",")}`);
	if (mirror === undefined) {
		throw new MissingPeer(
			what,
			[],
			"apt's sources on this machine name no Debian mirror.",
			`debootstrap ${options.join(" ")} ${release} ${folder} MIRROR, and run this again`,
		);
	}
	await ensurePeers(["debootstrap"], onProgress);
	mkdirSync(dirname(folder), { recursive: true });
	onProgress(`Making ${what} in ${folder}: it takes a minute, and is kept …`);
	try {
		// In a mount namespace of its own: what it mounts there goes with it, however it ends.
		const make = ["debootstrap", ...options, release, begun, mirror];
		const { ok, output } = await runGuarded(["unshare", "--mount", ...make]);
		if (!ok) throw new MissingPeer(what, [], lastLines(output), `${again}, to try again`);
		const inside = systemIn(begun);
		writeFileSync(inside.path("/etc/hosts"), "127.0.0.1 localhost\n");
		// Debian asks this program before it starts a service that a package brings; 101 means no.
		writeFileSync(inside.path("/usr/sbin/policy-rc.d"), "#!/bin/sh\nexit 101\n", { mode: 0o755 });
		// Another one that was at it may have been faster.
		try {
			renameSync(begun, folder);
		} catch (error) {
			if (!existsSync(folder)) throw error;
		}
	} finally {
		rmSync(begun, { recursive: true, force: true });
	}
}

/** Of makers that were killed. */
function removeLeftovers(folder: string): void {
	const parent = dirname(folder);
	if (!existsSync(parent)) return;
	for (const name of readdirSync(parent)) {
		const [, maker] = new RegExp(`^${RegExp.escape(basename(folder))}\\.(\\d+)$`).exec(name) ?? [];
		if (maker === undefined || existsSync(`/proc/${maker}`)) continue;
		rmSync(join(parent, name), { recursive: true, force: true });
	}
}

/** Where this machine gets its Debian from; undefined when its apt knows none. */
async function findMirror(): Promise<string | undefined> {
	const ask = async () => {
		const { output } = await runGuarded(["apt-get", "indextargets", ...MIRRORS]);
		return /^https?:\S+$/m.exec(output)?.[0];
	};
	const known = await ask();
	if (known !== undefined) return known;
	// It knows of what origin they are when it has fetched their lists.
	await runGuarded(["apt-get", "-q", "update"]);
	return ask();
}

/** @returns the end of what a program printed */
export const lastLines = (text: string) => text.trimEnd().split("\n").slice(-15).join("\n");

/** Runs a command that ends with this process, however that ends. */
export async function runGuarded(words: string[]): Promise<{ ok: boolean; output: string }> {
	const child = Bun.spawn([...dieWithParent(), ...words], {
		stdin: "ignore",
		stdout: "pipe",
		stderr: "pipe",
		env: { ...process.env, PATH: systemPath() },
	});
	const unguard = guard(child.pid);
	const read = (stream: ReadableStream) => new Response(stream).text();
	const [output, errors, code] = await Promise.all([read(child.stdout), read(child.stderr), child.exited]);
	unguard();
	return { ok: code === 0, output: output + errors };
}
