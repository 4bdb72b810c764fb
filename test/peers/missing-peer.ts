/**
 * Where the programs that a test or the demo needs are looked for, and what is thrown when one is missing.
 */

/** A missing program; its message names the line that installs it. */
export class MissingPeer extends Error {
	override name = "MissingPeer";
	readonly what: string;
	/** Debian's packages that bring it; none: this machine's apt-get cannot bring it. */
	readonly packages: readonly string[];

	/**
	 * @param what what is missing
	 * @param packages Debian's packages that bring it
	 * @param said what a failed attempt to install them said
	 * @param install the line to type
	 */
	constructor(what: string, packages: readonly string[], said = "", install = aptGetLine(packages)) {
		super(`${said ? `${said}\n` : ""}not installed: ${what}. To install: ${install}`);
		this.what = what;
		this.packages = packages;
	}
}

const aptGetLine = (packages: readonly string[]) =>
	`sudo apt-get update && sudo apt-get install ${packages.join(" ")}`;

/** Where servers are looked for, and what packages need to install themselves: a user's PATH lacks some of it. */
export function systemPath(): string {
	return `${process.env.PATH ?? ""}:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin`;
}
