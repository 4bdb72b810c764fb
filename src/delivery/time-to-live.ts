/** How long a push is worth sending. */
import type { PushClass } from "../types.ts";

/** A call that rings after a minute is over. */
const VOIP_TTL_S = 60;

/** @returns seconds from when it was published */
export const ttlSecondsOf = (pushClass: PushClass, pushTtlSeconds: number) =>
	pushClass === "voip" ? VOIP_TTL_S : pushTtlSeconds;
