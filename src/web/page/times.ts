/** Times and durations as people say them, in the language of the page. */

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

const dayOf = (at: number) => new Date(at).setHours(0, 0, 0, 0);

/** `4 minutes ago`, `today at 13:20`, `yesterday at 22:41`, `3 October 2026`. @param at ms since the epoch */
export function when(at: number, now: number, lang: string): string {
	const relative = new Intl.RelativeTimeFormat(lang, { numeric: "auto" });
	const ago = Math.max(0, now - at);
	if (ago < MINUTE) return relative.format(0, "second");
	if (ago < HOUR) return relative.format(-Math.floor(ago / MINUTE), "minute");
	const days = Math.round((dayOf(now) - dayOf(at)) / (24 * HOUR));
	if (days > 1) return new Intl.DateTimeFormat(lang, { dateStyle: "long" }).format(at);
	const time = new Intl.DateTimeFormat(lang, { timeStyle: "short" }).format(at);
	return AT[lang === "de" ? "de" : "en"](relative.format(-days, "day"), time);
}

const AT = {
	de: (day: string, time: string) => `${day} um ${time}`,
	en: (day: string, time: string) => `${day} at ${time}`,
};

/** With a capital, for the beginning of a line. */
export const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

/** `412 ms`, `2.4 s`. @param ms a duration */
export function duration(ms: number, lang: string): string {
	if (ms < 1000) return `${Math.round(ms)} ms`;
	return `${new Intl.NumberFormat(lang, { maximumFractionDigits: 1 }).format(ms / 1000)} s`;
}
