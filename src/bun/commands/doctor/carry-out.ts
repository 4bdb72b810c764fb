/** Runs the checks of `doctor` or `check`, prints what they find, and says how it went. */
import { type Check, exitCodeOf, type Finding, type Found } from "./finding.ts";
import { asJson, createProgress, groupText, summary } from "./report.ts";
import { runChecks } from "./run.ts";

/** For all checks together, ms: a person waits. */
const DEADLINE_MS = 55_000;

export interface Printing {
	json: boolean;
	print(text: string): void;
	/** Where progress is shown, if it is a terminal. */
	terminal: { isTTY?: boolean | undefined; write(text: string): unknown };
}

/**
 * @param checks or what is wrong with the settings, where nothing else can be looked at
 * @returns the exit code
 */
export async function carryOut(
	checks: readonly Check[] | { wrong: readonly Finding[] },
	{ json, print, terminal }: Printing,
): Promise<0 | 1> {
	const progress = createProgress(terminal);
	const tell = (group: string, findings: readonly Found[]) => {
		if (json) return;
		progress.clear();
		print(groupText(group, findings));
	};
	let findings: Found[];
	if ("wrong" in checks) {
		findings = checks.wrong.map((found) => ({ group: "Settings", ...found }));
		tell("Settings", findings);
	} else {
		findings = await runChecks(checks, {
			deadlineMs: DEADLINE_MS,
			onGroup: tell,
			onProgress: progress.show,
		});
	}
	progress.clear();
	print(json ? asJson(findings) : summary(findings));
	return exitCodeOf(findings);
}
