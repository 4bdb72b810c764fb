/** The classes of pushes that a device may ask for, by the names that clients know them by. */
import type { AskedClass } from "../types.ts";

export const ASKED_CLASSES = ["voip", "high", "low"] as const satisfies readonly AskedClass[];

export const isAskedClass = (name: string): name is AskedClass =>
	(ASKED_CLASSES as readonly string[]).includes(name);
