/** How many failed today, and why: what the page of events says first. */
import type { EventKind } from "../../../../web/console/wire.ts";
import { figure, many } from "./words.ts";

/** Those of which an operator says that a push failed. */
const FAILURES: ReadonlySet<EventKind> = new Set(["failed", "refused"]);

export interface CountToday {
	app: string;
	kind: EventKind;
	reason: string;
	count: number;
}

export function todaySentence(counts: readonly CountToday[]): string {
	const failed = counts.filter(({ kind }) => FAILURES.has(kind));
	const sum = (of: readonly CountToday[]) => of.reduce((total, { count }) => total + count, 0);
	const ended = sum(counts.filter(({ kind }) => kind === "ended"));
	const ends = ended === 0 ? "" : ` ${many(ended, "registration")} ended.`;
	if (failed.length === 0) return `Today no push failed.${ends}`;
	const [worst] = failed.toSorted((one, other) => other.count - one.count);
	const all = sum(failed);
	const most =
		worst === undefined || failed.length === 1
			? `: ${worst?.app || "an app"} was answered “${worst?.reason}”`
			: `, ${figure(worst.count)} of them because ${worst.app || "an app"} was answered “${worst.reason}”`;
	return `Today ${many(all, "push", "pushes")} failed${most}.${ends}`;
}
