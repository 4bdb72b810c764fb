/**
 * Debian 13 in a folder ("chroot"), with the servers that it packages. Made once, with debootstrap and the mirror that
 * this machine's apt uses, and kept: some 600 MB.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { basename, dirname, join } from "node:path";
import { dieWithParent, guard } from "./guard.ts";
import { ensurePeers } from "./install.ts";
import { MissingPeer, systemPath } from "./missing-peer.ts";
import { type System, systemIn } from "./system.ts";

const RELEASE = "trixie";

/** The programs that the tests run against. */
const SERVERS = ["prosody", "prosody-modules", "ejabberd", "ntfy", "python3-slixmpp"] as const;

/** Inside: which packages it has, once all of them are installed. */
const STAMP = "var/lib/reveille-packages";

/** What apt knows of its sources: which of them are a whole Debian, and where. */
const MIRRORS = ["--format", "$(REPO_URI)", "Created-By: Packages", "Origin: Debian", "Label: Debian"];

export interface Debian13 {
	/** Its root. */
	readonly folder: string;
	/** What it has, for people: `prosody 13.0.1-1, …`. */
	readonly versions: string;
}

/** `REVEILLE_CHROOT`, or a folder in the user's cache. */
export function debian13Folder(env: Record<string, string | undefined> = process.env): string {
	return (
		env.REVEILLE_CHROOT || join(env.XDG_CACHE_HOME || join(homedir(), ".cache"), "reveille", "debian-13")
	);
}

/**
 * Makes it, or what it lacks; costs nothing when it is there. Several may do so at once.
 *
 * @param onProgress is told in a sentence what takes long
 * @param uid who asks; the servers run as root, which alone may change a program's root folder
 * @throws {MissingPeer} when it cannot be made, with the line to type
 */
export async function ensureDebian13(
	onProgress: (sentence: string) => void,
	uid = process.getuid?.(),
): Promise<Debian13> {
	const folder = debian13Folder();
	if (uid !== 0) {
		throw cannot(
			"Only root may run the servers of another Debian.",
			'sudo env "PATH=$PATH" bun run test:servers',
		);
	}
	if (!existsSync(folder)) await bootstrap(folder, onProgress);
	const system = systemIn(folder);
	if (!isComplete(system)) await install(system, onProgress);
	const versions = SERVERS.map((name) => `${name} ${system.version(name)}`).join(", ");
	return { folder, versions };
}

const cannot = (said: string, line: string) => new MissingPeer("Debian 13's servers", [], said, line);

/** Under another name, until it is whole. */
async function bootstrap(folder: string, onProgress: (sentence: string) => void): Promise<void> {
	removeLeftovers(folder);
	const begun = `${folder}.${process.pid}`;
	const mirror = await findMirror();
	if (mirror === undefined) {
		throw cannot(
			"apt's sources on this machine name no Debian mirror.",
			`debootstrap --variant=minbase ${RELEASE} ${folder} MIRROR, and run this again`,
		);
	}
	await ensurePeers(["debootstrap"], onProgress);
	mkdirSync(dirname(folder), { recursive: true });
	onProgress(`Making Debian 13 in ${folder}: it takes a minute, and is kept …`);
	try {
		// In a mount namespace of its own: what it mounts there goes with it, however it ends.
		const make = ["debootstrap", "--variant=minbase", RELEASE, begun, mirror];
		const { ok, output } = await run(["unshare", "--mount", ...make]);
		if (!ok) throw cannot(lastLines(output), "bun run test:servers, to try again");
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
		const { output } = await run(["apt-get", "indextargets", ...MIRRORS]);
		return /^https?:\S+$/m.exec(output)?.[0];
	};
	const known = await ask();
	if (known !== undefined) return known;
	// It knows of what origin they are when it has fetched their lists.
	await run(["apt-get", "-q", "update"]);
	return ask();
}

function isComplete({ path }: System): boolean {
	const stamp = path(STAMP);
	return existsSync(stamp) && readFileSync(stamp, "utf8") === SERVERS.join("\n");
}

async function install({ path, command }: System, onProgress: (sentence: string) => void): Promise<void> {
	onProgress(`Installing ${SERVERS.join(", ")} there …`);
	const aptGet = (...words: string[]) =>
		run(
			command(
				["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q", "-o", "DPkg::Lock::Timeout=300", ...words],
				"/",
			),
		);
	// An old list may do; if it does not, the installation says so.
	const update = await aptGet("update");
	const { ok, output } = await aptGet("install", "-y", "--no-install-recommends", ...SERVERS);
	if (!ok) {
		throw cannot(
			`${lastLines(update.output)}\n${lastLines(output)}`,
			`bun run test:servers, to try again; rm -r ${path("/")}, to begin anew`,
		);
	}
	writeFileSync(path(STAMP), SERVERS.join("\n"));
}

const lastLines = (text: string) => text.trimEnd().split("\n").slice(-15).join("\n");

/** Runs a command that ends with this process, however that ends. */
async function run(words: string[]): Promise<{ ok: boolean; output: string }> {
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
