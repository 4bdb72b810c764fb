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

/** @param others those that are not counted yet */
export function todaySentence(written: readonly CountToday[], others: readonly Uncounted[] = []): string {
	const counts = together(written, others);
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
	return `Today pushes failed ${many(all, "time")}${most}.${ends}`;
}

/** What happened, one by one. */
export type Uncounted = Pick<CountToday, "kind" | "reason"> & Partial<Pick<CountToday, "app" | "count">>;

function together(written: readonly CountToday[], others: readonly Uncounted[]): CountToday[] {
	const all = new Map<string, CountToday>();
	for (const { app = "", kind, reason, count = 1 } of [...written, ...others]) {
		const name = JSON.stringify([app, kind, reason]);
		all.set(name, { app, kind, reason, count: (all.get(name)?.count ?? 0) + count });
	}
	return [...all.values()];
}
