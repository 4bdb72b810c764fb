/**
 * What a Debian system starts when it boots. An installed package puts its services there, and the servers of tests and
 * the demo are started only by these.
 */
import { readdirSync, renameSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";

/** systemd's units, as links in the folders of the targets that want them. */
const UNITS = "etc/systemd/system";
/** The start scripts of the usual runlevels, for sysvinit. */
const RUNLEVELS = ["etc/rc2.d", "etc/rc3.d", "etc/rc4.d", "etc/rc5.d"];

/** The links by which services start, as paths from the root folder. */
export function startedAtBoot(root = "/"): string[] {
	const within = (folder: string) => namesIn(join(root, folder)).map((name) => join(folder, name));
	const units = within(UNITS)
		.filter((folder) => /\.(wants|requires)$/.test(folder))
		.flatMap(within);
	const scripts = RUNLEVELS.flatMap(within).filter((path) => basename(path).startsWith("S"));
	return [...units, ...scripts];
}

/**
 * Takes services from the next boot that were not there before, as `systemctl disable` and `update-rc.d disable` do. The
 * packages' updates leave it so.
 *
 * @param before what {@link startedAtBoot} was
 * @returns the services' names
 */
export function takeFromBoot(before: readonly string[], root = "/"): string[] {
	const added = startedAtBoot(root).filter((path) => !before.includes(path));
	for (const path of added) {
		if (path.startsWith(UNITS)) rmSync(join(root, path));
		else renameSync(join(root, path), join(root, dirname(path), `K01${scriptOf(path)}`));
	}
	return [...new Set(added.map((path) => (path.startsWith(UNITS) ? basename(path) : scriptOf(path))))];
}

/** `S01prosody` is prosody's. */
const scriptOf = (path: string) => basename(path).replace(/^S\d\d/, "");

function namesIn(folder: string): string[] {
	try {
		return readdirSync(folder).sort();
	} catch (error) {
		const { code } = error as NodeJS.ErrnoException;
		if (code === "ENOENT" || code === "ENOTDIR") return [];
		throw error;
	}
}
