/** How old the replica is that registrations are read from. */
import { statSync } from "node:fs";
import { filePath } from "../../database/open.ts";
import type { Context } from "./context.ts";
import { bad, type Finding, ok, unknown } from "./finding.ts";

/** It asks each second. One that is older than this does not get on, ms. */
const OLD_MS = 10_000;

/** Looks at it, if there is one. */
export function lookAtReplica({ config, found }: Pick<Context, "config" | "found">): Finding[] {
	const url = config.database.replica;
	if (url === undefined) return [];
	const path = filePath(url);
	const age = found.kind === "running" ? found.running.status.replicaAgeMs : null;
	if (age === null) {
		const changed = statSync(path, { throwIfNoEntry: false })?.mtime.toISOString().slice(0, 16);
		const text =
			changed === undefined
				? `there is no ${path} yet.`
				: `${path} was written last at ${changed.replace("T", " ")} UTC. Reveille does not run, and nobody keeps it up to date.`;
		return [unknown("Replica", text, "start Reveille: it brings the replica up to date")];
	}
	const shown = `${(age / 1000).toFixed(0)} s`;
	if (age <= OLD_MS) return [ok("Replica", `all that the primary had ${shown} ago is in it.`)];
	const text = `it is ${shown} behind the primary. What it lacks is looked up at the primary, and cannot be looked up while that is away.`;
	return [
		bad(
			"Replica",
			text,
			`look for "replica" in the log of Reveille, and at the database's server; restart Reveille`,
		),
	];
}
