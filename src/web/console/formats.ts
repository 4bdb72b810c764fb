/** Times, durations and numbers as the browser's language and zone write them. Sentences are English. */

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

export interface Formats {
	/** `4,163` */
	number(value: number): string;
	/** `14:05` */
	time(at: number): string;
	/** `14:05:31`, with the day where it is not today's. */
	second(at: number): string;
	/** `today, 14:05`, `yesterday, 18:05`, `20 November, 09:30`, `3 October 2025, 16:44` */
	moment(at: number): string;
	/** `3 October`, with the year where it is not this one. */
	day(at: number): string;
	/** `Mon 23`, for the foot of a chart. */
	shortDay(at: number): string;
	/** `412 ms`, `2.4 s`, `24 min`, `3 h`, `2 days` */
	span(ms: number): string;
}

/** @param languages BCP 47, the most wanted first @param zone default: the browser's */
export function createFormats(languages: readonly string[], now: () => number, zone?: string): Formats {
	const format = (options: Intl.DateTimeFormatOptions) => {
		const made = new Intl.DateTimeFormat([...languages], { ...options, timeZone: zone });
		return (at: number) => made.format(at);
	};
	const number = new Intl.NumberFormat([...languages]);
	const tenths = new Intl.NumberFormat([...languages], { maximumFractionDigits: 1 });
	const time = unbroken(format({ hour: "2-digit", minute: "2-digit" }));
	const second = unbroken(format({ hour: "2-digit", minute: "2-digit", second: "2-digit" }));
	const dayAndMonth = format({ day: "numeric", month: "long" });
	const withYear = format({ day: "numeric", month: "long", year: "numeric" });
	const shortDay = format({ weekday: "short", day: "numeric" });
	const year = format({ year: "numeric" });
	const exactDay = format({ year: "numeric", month: "numeric", day: "numeric" });

	const day = (at: number) => (year(at) === year(now()) ? dayAndMonth(at) : withYear(at));
	const isToday = (at: number) => exactDay(at) === exactDay(now());

	return {
		number: (value) => number.format(value),
		time,
		second: (at) => (isToday(at) ? second(at) : `${day(at)}, ${second(at)}`),
		moment(at) {
			if (isToday(at)) return `today, ${time(at)}`;
			if (isToday(at + DAY)) return `yesterday, ${time(at)}`;
			return `${day(at)}, ${time(at)}`;
		},
		day,
		shortDay,
		span(ms) {
			if (ms < SECOND) return `${number.format(Math.round(ms))} ms`;
			if (ms < MINUTE) return `${tenths.format(ms / SECOND)} s`;
			if (ms < HOUR) return `${number.format(Math.round(ms / MINUTE))} min`;
			if (ms < 2 * DAY) return `${number.format(Math.round(ms / HOUR))} h`;
			return `${number.format(Math.round(ms / DAY))} days`;
		},
	};
}

/** `02:05 PM` stays in one line. */
const unbroken = (format: (at: number) => string) => (at: number) => format(at).replace(/\s/g, "\u00a0");

/** With a capital, for the beginning of a line. */
export const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

/** `1 device`, `3 devices` @param many default: with an s */
export const counted = (formats: Formats, count: number, one: string, many = `${one}s`) =>
	`${formats.number(count)} ${count === 1 ? one : many}`;
