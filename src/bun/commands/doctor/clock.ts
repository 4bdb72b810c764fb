/** What the clocks of others said. To be looked at when the others have been asked. */
import type { ClockWatch } from "../../../connector/checks/clock.ts";
import { bad, type Finding, ok, unknown } from "./finding.ts";

/** A watch that knows who told it a time. */
export interface Clocks extends ClockWatch {
	sources(): readonly string[];
}

/** @param watch told of each `Date` that came */
export function countingSources(watch: ClockWatch): Clocks {
	const sources = new Set<string>();
	return {
		...watch,
		said(source, date) {
			if (!Number.isNaN(date)) sources.add(source);
			watch.said(source, date);
		},
		sources: () => [...sources],
	};
}

/** @param clocks told of each `Date` that came */
export function clockFindings(clocks: Pick<Clocks, "off" | "sources">): Finding[] {
	const off = clocks.off();
	const sources = clocks.sources();
	if (sources.length === 0) return [unknown("Clock", "nobody answered who would have said what time it is.")];
	if (off.length === 0) {
		return [ok("Clock", `it differs by less than two minutes from that of ${sources.join(", ")}.`)];
	}
	return off.map((sentence) => bad("Clock", sentence, "timedatectl set-ntp true"));
}
