/**
 * What is thrown when a program that a test or the demo needs is not installed.
 */

/** A missing program; its message names the line that installs it. */
export class MissingPeer extends Error {
	override name = "MissingPeer";
	/** The command that installs it. */
	readonly installLine: string;

	/** @param what what is missing @param packages Debian's packages that bring it */
	constructor(what: string, packages: readonly string[]) {
		const line = `sudo apt-get install ${packages.join(" ")}`;
		super(`${what} is not installed. Install it with: ${line}`);
		this.installLine = line;
	}
}
