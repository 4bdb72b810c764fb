/**
 * Debian 13 in a folder ("chroot"), with the servers that it packages. Made once, with debootstrap and the mirror that
 * this machine's apt uses, and kept: some 600 MB.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { bootstrap, cachedDebian, lastLines, runGuarded } from "./debootstrap.ts";
import { MissingPeer } from "./missing-peer.ts";
import { type System, systemIn } from "./system.ts";

const RELEASE = "trixie";

/** The programs that the tests run against. */
const SERVERS = ["prosody", "prosody-modules", "ejabberd", "ntfy", "python3-slixmpp"] as const;

/** Inside: which packages it has, once all of them are installed. */
const STAMP = "var/lib/reveille-packages";

export interface Debian13 {
	/** Its root. */
	readonly folder: string;
	/** What it has, for people: `prosody 13.0.1-1, …`. */
	readonly versions: string;
}

/** `REVEILLE_CHROOT`, or a folder in the user's cache. */
export function debian13Folder(env: Record<string, string | undefined> = process.env): string {
	return env.REVEILLE_CHROOT || cachedDebian("debian-13", env);
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
	await bootstrap({ release: RELEASE, folder, again: "bun run test:servers" }, onProgress);
	const system = systemIn(folder);
	if (!isComplete(system)) await install(system, onProgress);
	const versions = SERVERS.map((name) => `${name} ${system.version(name)}`).join(", ");
	return { folder, versions };
}

const cannot = (said: string, line: string) => new MissingPeer("Debian 13's servers", [], said, line);

function isComplete({ path }: System): boolean {
	const stamp = path(STAMP);
	return existsSync(stamp) && readFileSync(stamp, "utf8") === SERVERS.join("\n");
}

async function install({ path, command }: System, onProgress: (sentence: string) => void): Promise<void> {
	onProgress(`Installing ${SERVERS.join(", ")} there …`);
	const aptGet = (...words: string[]) =>
		runGuarded(
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
