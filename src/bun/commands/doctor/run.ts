/** Runs checks beside each other, within a time, and tells each group's findings in the groups' order. */
import { bad, type Check, type Found, reasonOf, unknown } from "./finding.ts";

export interface RunOptions {
	/** For all of them together, ms. */
	deadlineMs: number;
	/** A group has ended, and all before it. */
	onGroup(group: string, findings: readonly Found[]): void;
	/** Groups that are not over yet; called whenever one ends. */
	onProgress?(waiting: readonly string[]): void;
}

/** @returns all findings, in the order of their groups */
export async function runChecks(
	checks: readonly Check[],
	{ deadlineMs, onGroup, onProgress }: RunOptions,
): Promise<Found[]> {
	const signal = AbortSignal.timeout(deadlineMs);
	const groups = [...new Set(checks.map(({ group }) => group))];
	const waiting = new Set(groups);
	const all: Found[] = [];
	onProgress?.(groups);
	const isLast = (group: string) => checks.some((check) => check.group === group && check.isLast);
	const others = Promise.withResolvers<void>();
	const ended = groups.map(async (group) => {
		const own = checks.filter((check) => check.group === group);
		if (isLast(group)) await others.promise;
		const found = await Promise.all(own.map((check) => lookInTime(check, signal)));
		waiting.delete(group);
		onProgress?.([...waiting]);
		return found.flat();
	});
	void Promise.all(ended.filter((_, index) => !isLast(groups[index] ?? ""))).then(() => others.resolve());
	for (const [index, group] of groups.entries()) {
		const findings = (await ended[index]) ?? [];
		all.push(...findings);
		if (findings.length > 0) onGroup(group, findings);
	}
	return all;
}

async function lookInTime({ group, look }: Check, signal: AbortSignal): Promise<Found[]> {
	const { promise: late, resolve } = Promise.withResolvers<readonly ReturnType<typeof unknown>[]>();
	const end = () =>
		resolve([unknown(group, "This took too long, and was given up: nothing is known of it.")]);
	signal.addEventListener("abort", end, { once: true });
	try {
		const findings = await Promise.race([look(signal), late]);
		return findings.map((found) => ({ group, ...found }));
	} catch (error) {
		return [{ group, ...bad(group, `This could not be looked at: ${reasonOf(error)}`) }];
	} finally {
		signal.removeEventListener("abort", end);
	}
}
