import fc from "fast-check";
import { retryAfterMs } from "../../src/services/exchange.ts";
import { claim, same } from "./claims.ts";
import { anyText, spoiltText } from "./hostile.ts";
import { always, type Fuzzed } from "./property.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
const NOW = Date.UTC(2026, 0, 1);
const within = (ms: number) => Math.min(Math.max(ms, 0), DAY_MS);
const date = fc.date({ min: new Date(0), max: new Date("9999-12-31T23:59:59Z"), noInvalidDate: true });

export const fuzzed: Fuzzed = {
	name: "Retry-After",
	properties: [
		always(
			"is seconds or a date, and a day at the most",
			{ weight: 3 },
			fc.oneof(fc.nat(), fc.bigInt({ min: 0n }), date),
			(when) => {
				const text = when instanceof Date ? when.toUTCString() : String(when);
				const ms =
					when instanceof Date ? Math.floor(when.getTime() / 1000) * 1000 - NOW : Number(when) * 1000;
				same(retryAfterMs(text, NOW), within(ms));
				same(retryAfterMs(` ${text}\t`, NOW), within(ms));
			},
		),
		always(
			"of any text is nothing, or a time from now to a day",
			{ weight: 4 },
			fc.oneof(anyText, spoiltText(date.map((it) => it.toUTCString())), fc.constant(null)),
			(text) => {
				const ms = retryAfterMs(text, NOW);
				claim(ms === undefined || (ms >= 0 && ms <= DAY_MS), String(ms));
				if (!/\d/.test(text ?? "")) same(ms, undefined);
			},
		),
	],
};
