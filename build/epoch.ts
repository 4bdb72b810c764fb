/** The time that everything in a package bears, so that the same sources make the same bytes. */

/**
 * @param root the repository
 * @returns SOURCE_DATE_EPOCH, or the time of the last commit, in seconds
 * @throws when neither is there
 */
export function sourceDate(root: string, env: Record<string, string | undefined> = process.env): number {
	const given = env.SOURCE_DATE_EPOCH;
	const committed = () =>
		Bun.spawnSync(["git", "log", "-1", "--format=%ct"], { cwd: root, stderr: "ignore" }).stdout.toString();
	const seconds = Number(given || (Bun.which("git") === null ? "" : committed()));
	if (Number.isInteger(seconds) && seconds > 0) return seconds;
	throw new Error(
		"This is no git repository: set SOURCE_DATE_EPOCH to the time of these sources, in seconds.",
	);
}
