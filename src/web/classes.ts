/** Which pushes a device asks for. A service worker shows each, so what is nothing to read is left out. */
import type { AskedClass } from "../types.ts";

/** @param wantsLow ejabberd publishes calls like read marks: whoever wants the former gets the latter too */
export const classesOf = (wantsLow: boolean): readonly AskedClass[] =>
	wantsLow ? ["voip", "high", "low"] : ["voip", "high"];
