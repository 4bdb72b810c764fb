/** What all commands have in common: what they are given, and how they refuse what was typed. */
import type { CommandContext, StricliProcess } from "@stricli/core";
import { printable } from "./output.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/** `this` of each command. */
export interface Typed extends CommandContext {
	readonly process: StricliProcess;
	/** The settings, as for serving. */
	readonly env: Environment;
}

/** A whole number of what is counted. @param most the largest one */
export const countUpTo =
	(most: number) =>
	(text: string): number => {
		const value = Number(text);
		if (/^\d+$/.test(text) && value >= 1 && value <= most) return value;
		throw new Error(`must be a number from 1 to ${most}, and is ${JSON.stringify(text)}`);
	};

/** `--json`, of each command that has something to say. */
export const JSON_FLAG = {
	json: { kind: "boolean", default: false, withNegated: false, brief: "Prints JSON" },
} as const;

/** Lines with their columns below each other. */
export function table(texts: readonly (readonly string[])[]): string {
	const rows = texts.map((row) => row.map((cell) => printable(cell).replaceAll("\n", " ")));
	const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
	const line = (row: readonly string[]) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0));
	return rows.map((row) => line(row).join("  ").trimEnd()).join("\n");
}
