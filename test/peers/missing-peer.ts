/**
 * Where the programs that a test or the demo needs are looked for, and what is thrown when one is missing.
 */

/** A missing program; its message names the line that installs it. */
export class MissingPeer extends Error {
	override name = "MissingPeer";
	readonly what: string;
	/** Debian's packages that bring it. */
	readonly packages: readonly string[];

	/**
	 * @param what what is missing
	 * @param packages Debian's packages that bring it
	 * @param said what a failed attempt to install them said
	 */
	constructor(what: string, packages: readonly string[], said = "") {
		const install = `sudo apt-get update && sudo apt-get install ${packages.join(" ")}`;
		super(`${said ? `${said}\n` : ""}not installed: ${what}. To install: ${install}`);
		this.what = what;
		this.packages = packages;
	}
}

/** Where servers are looked for, and what packages need to install themselves: a user's PATH lacks some of it. */
export function systemPath(): string {
	return `${process.env.PATH ?? ""}:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin`;
}
