/** @jsxImportSource preact */
/** How far back a screen looks: an hour, a day, a week. */
import { hashOf } from "../routes.ts";
import type { Period } from "../wire.ts";

const PERIODS: readonly { period: Period; name: string }[] = [
	{ period: "hour", name: "Hour" },
	{ period: "day", name: "Day" },
	{ period: "week", name: "Week" },
];

export const Periods = ({ at, current }: { at: "overview" | "services"; current: Period }) => (
	<nav class="seg" aria-label="Period">
		{PERIODS.map(({ period, name }) => (
			<a key={period} href={hashOf({ at, period })} aria-current={period === current ? "true" : undefined}>
				{name}
			</a>
		))}
	</nav>
);
