/** How findings are printed. */
import type { Finding, Found, State } from "./finding.ts";

const MARKS: Readonly<Record<State, string>> = { ok: "ok", warn: "look", bad: "BAD", unknown: "-" };

/** A group: its heading, and a line for each finding with what to do below it. */
export function groupText(group: string, findings: readonly Finding[]): string {
	const lines = findings.flatMap(({ state, what, text, do: todo, ms }) => [
		`  ${MARKS[state].padEnd(5)}${what}: ${text}${ms === undefined ? "" : ` (${shownMs(ms)})`}`,
		...(todo === undefined ? [] : [`       > ${todo}`]),
	]);
	return [group, ...lines, ""].join("\n");
}

export const shownMs = (ms: number) =>
	ms < 10 ? `${ms.toFixed(1)} ms` : ms < 10_000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;

/** The last line. */
export function summary(findings: readonly Finding[]): string {
	const count = (state: State) => findings.filter((found) => found.state === state).length;
	const [bad, warn, unknown] = [count("bad"), count("warn"), count("unknown")];
	const rest = [
		...(warn > 0 ? [`${warn} to look at`] : []),
		...(unknown > 0 ? [`${unknown} not tried`] : []),
	].join(", ");
	if (bad > 0) return `${bad} bad${rest && `, ${rest}`}. Mend what is BAD from the top, and run this again.`;
	return rest === "" ? "All is well." : `Nothing is bad; ${rest}.`;
}

/** For scripts. */
export const asJson = (findings: readonly Found[]): string =>
	JSON.stringify({ ok: findings.every(({ state }) => state !== "bad"), findings }, null, 2);

/** One line that says what is waited for, on a terminal; nothing elsewhere. */
export function createProgress(out: { isTTY?: boolean | undefined; write(text: string): unknown }): {
	show(waiting: readonly string[]): void;
	clear(): void;
} {
	const CLEAR = "\r\u001b[K";
	return {
		show(waiting) {
			if (!out.isTTY) return;
			const names = waiting.join(", ");
			out.write(waiting.length === 0 ? CLEAR : `${CLEAR}Looking at: ${names}`.slice(0, 78));
		},
		clear() {
			if (out.isTTY) out.write(CLEAR);
		},
	};
}
