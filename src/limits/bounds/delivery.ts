/** How many pushes are on their way, wait, and go to one device. */
import type { Bounds } from "./bound.ts";

export const deliveryBounds = {
	onTheirWay: {
		is: 10_000,
		unit: "pushes",
		what: "Fresh pushes in memory",
		beyond: "A further one is put on disk and answered.",
	},
} as const satisfies Bounds;
