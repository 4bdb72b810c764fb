/** Numbers, times and lists as the console's sentences say them. Times are told as spans: each reader has a clock of its own. */

/** `4,163`. */
export const figure = (count: number): string => count.toLocaleString("en-US");

/** `1 push`, `4,163 pushes`. */
export const many = (count: number, one: string, several = `${one}s`): string =>
	`${figure(count)} ${count === 1 ? one : several}`;

const UNITS: readonly [ms: number, unit: string][] = [
	[86_400_000, "day"],
	[3_600_000, "h"],
	[60_000, "min"],
	[1000, "s"],
];

/** `6 s`, `24 min`, `3 h`, `1 day`, `41 days`: its largest unit alone. @param ms a length of time */
export function span(ms: number): string {
	for (const [length, unit] of UNITS) {
		if (ms < length) continue;
		const count = Math.floor(ms / length);
		return unit === "day" ? many(count, "day") : `${count} ${unit}`;
	}
	return `${Math.max(0, Math.round(ms))} ms`;
}

/** `24 min ago`. */
export const ago = (at: number, now: number): string =>
	now - at < 1000 ? "just now" : `${span(now - at)} ago`;

/** ` It has been shut for 24 min.` @param what `shut`, `so` */
export const hasBeen = (what: string, since: number | undefined, now: number): string =>
	since === undefined ? "" : ` It has been ${what} for ${span(Math.max(1000, now - since))}.`;

/** `one`, `one and two`, `one, two and three`. */
export function list(names: readonly string[]): string {
	const last = names.at(-1) ?? "";
	return names.length < 2 ? last : `${names.slice(0, -1).join(", ")} and ${last}`;
}

/** A sentence: the first letter large, a full stop at its end. */
export function sentence(text: string): string {
	const trimmed = text.trim();
	return `${trimmed.charAt(0).toUpperCase()}${trimmed.slice(1)}${/[.?!]$/.test(trimmed) ? "" : "."}`;
}

/** What the catalogue of messages writes in Markdown, as plain text. */
export const plain = (markdown: string): string => markdown.replaceAll("`", "");
