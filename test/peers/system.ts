/**
 * The Debian that the servers of the tests come from: this machine's, or another one that lies in a folder. A server of
 * the other one runs with that folder as its root, on the same loopback, and sees the same temporary folders.
 */
import { lstatSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MissingPeer, systemPath } from "./missing-peer.ts";

/** Names the folder; unset: this machine's. `bun run test:servers` sets it. */
const FOLDER = "REVEILLE_TEST_SYSTEM";

/** Where programs are in a Debian, this machine's or another. */
const PROGRAMS = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];

/**
 * Run by `sh` in a mount namespace of its own, so that the mounts end with the server, however that ends. What follows
 * the three arguments is the command; the process stays the same from here to the server.
 */
const ENTER = `set -e
root=$1 temporary=$2 folder=$3
shift 3
mount --rbind /dev "$root/dev"
mount -t proc proc "$root/proc"
mkdir -p "$root$temporary"
mount --bind "$temporary" "$root$temporary"
exec chroot "$root" env --chdir="$folder" PATH=${PROGRAMS.join(":")} "$@"`;

export interface System {
	/** Where a file of this system is seen from outside. */
	path(inside: string): string;
	/** The program's path inside; null when it is not installed. */
	which(program: string): string | null;
	/** The version of a Debian package, such as `13.0.1-1`; undefined when it is not installed. */
	version(name: string): string | undefined;
	/**
	 * What runs a command there. In another system only root may.
	 * @param folder where it runs: a temporary folder, or `/`
	 */
	command(words: readonly string[], folder: string): string[];
	/** What to throw when a program is missing. @param packages those that bring it */
	missing(what: string, packages: readonly string[]): MissingPeer;
}

/** The one that the tests' servers come from. */
export function serversSystem(env: Record<string, string | undefined> = process.env): System {
	const folder = env[FOLDER];
	return folder ? systemIn(folder) : thisSystem;
}

/** The environment in which the tests' servers come from the system in the folder. */
export const withServersIn = (folder: string): Record<string, string> => ({ [FOLDER]: folder });

const thisSystem: System = {
	path: (inside) => inside,
	version: (name) => packageVersion("/", name),
	which: (program) => Bun.which(program, { PATH: systemPath() }),
	command: (words) => [...words],
	missing: (what, packages) => new MissingPeer(what, packages),
};

/** dpkg's own list of packages: paragraphs, each line of which is a field. */
function packageVersion(root: string, name: string): string | undefined {
	const list = join(root, "var/lib/dpkg/status");
	if (lstatSync(list, { throwIfNoEntry: false }) === undefined) return undefined;
	const paragraph = readFileSync(list, "utf8")
		.split("\n\n")
		.find((text) => text.startsWith(`Package: ${name}\n`));
	return /^Version: (?:\d+:)?(.+)$/m.exec(paragraph ?? "")?.[1];
}

/** The one whose root is the folder. */
export function systemIn(folder: string): System {
	const path = (inside: string) => join(folder, inside);
	// A link leads somewhere only from inside.
	const isThere = (inside: string) => lstatSync(path(inside), { throwIfNoEntry: false }) !== undefined;
	return {
		path,
		version: (name) => packageVersion(folder, name),
		which: (program) => PROGRAMS.map((where) => join(where, program)).find(isThere) ?? null,
		command: (words, where) => {
			const arguments_ = ["sh", folder, tmpdir(), where, ...words];
			return ["unshare", "--mount", "sh", "-c", ENTER, ...arguments_];
		},
		missing: (what) =>
			new MissingPeer(`${what} in ${folder}`, [], "", `rm -r ${folder}; bun run test:servers`),
	};
}
