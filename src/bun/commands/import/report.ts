/** What an import tells while it runs, and at its end. */
import type { ImportResult } from "../../../store/registrations/import.ts";

/** Reasons are few, but for hosts that are not allowed: those are told as far as they fit. */
const MOST_REASONS = 20;
const EXAMPLES = 3;
const EVERY_MS = 500;
const EVERY_MS_IN_A_FILE = 10_000;

export interface ReportEffects {
	/** Takes progress; lines replace each other on a terminal. */
	progress: { write(text: string): void; isTerminal: boolean };
	now(): number;
	/** How much memory this process holds, bytes. */
	memory(): number;
}

export interface Report {
	count(at: string, result: ImportResult): void;
	/** How many were found so far. */
	found(): number;
	/** How many of those are here now. */
	taken(): number;
	/** Shows where it is, now and then. */
	tick(): void;
	/** Several lines. */
	summary(): string;
	/** The same, for programs. */
	figures(): ImportFigures;
}

/** What `--json` prints. */
export interface ImportFigures {
	dryRun: boolean;
	imported: number;
	updated: number;
	unchanged: number;
	skipped: number;
	/** Why some were skipped, the commonest first. `examples`: where those are, as far as it may be shown. */
	reasons: readonly { reason: string; count: number; examples: readonly string[] }[];
	seconds: number;
}

export function createReport({ progress, now, memory }: ReportEffects, dryRun: boolean): Report {
	const began = now();
	const counts = { imported: 0, updated: 0, unchanged: 0, refused: 0 };
	const reasons = new Map<string, { count: number; examples: string[] }>();
	let shownAt = began;
	let peak = 0;

	const found = () => counts.imported + counts.updated + counts.unchanged + counts.refused;
	const seconds = () => Math.max(now() - began, 1) / 1000;
	const clear = () => (progress.isTerminal ? "\r\x1b[K" : "");

	const sorted = () =>
		[...reasons].map(([reason, its]) => ({ reason, ...its })).sort((one, other) => other.count - one.count);

	function reasonOf(reason: string) {
		const name = reasons.has(reason) || reasons.size < MOST_REASONS ? reason : "other reasons";
		const known = reasons.get(name) ?? { count: 0, examples: [] };
		reasons.set(name, known);
		return known;
	}

	return {
		found,
		taken: () => found() - counts.refused,

		count(at, result) {
			counts[result.kind]++;
			if (result.kind !== "refused") return;
			const reason = reasonOf(result.reason);
			reason.count++;
			if (reason.examples.length < EXAMPLES) reason.examples.push(at);
		},

		tick() {
			peak = Math.max(peak, memory());
			if (now() - shownAt < (progress.isTerminal ? EVERY_MS : EVERY_MS_IN_A_FILE)) return;
			shownAt = now();
			const rate = number(found() / seconds());
			const line = `${number(found())} read, ${number(counts.refused)} skipped, ${rate} a second`;
			progress.write(`${clear()}${line}${progress.isTerminal ? "" : "\n"}`);
		},

		summary() {
			if (shownAt !== began) progress.write(clear());
			const { imported, updated, unchanged, refused } = counts;
			const mebibytes = number(Math.max(peak, memory()) / 2 ** 20);
			return [
				`${dryRun ? "Would be imported" : "Imported"} ${number(imported)}, updated ${number(updated)}, unchanged ${number(unchanged)}, skipped ${number(refused)}.`,
				...sorted().map(
					({ reason, count, examples }) =>
						`  skipped ${number(count)}: ${reason} (${examples.join(", ")}${count > examples.length ? ", …" : ""})`,
				),
				`${seconds().toFixed(1)} s, ${number(found() / seconds())} a second, ${mebibytes} MiB of memory at most.`,
			].join("\n");
		},

		figures() {
			const { refused: skipped, ...taken } = counts;
			return { dryRun, ...taken, skipped, reasons: sorted(), seconds: seconds() };
		},
	};
}

const number = (value: number) => Math.round(value).toLocaleString("en-GB");
