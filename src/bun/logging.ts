/** Where the log goes: lines of text on standard error, so that standard output stays for what was asked for. */
import { configure, getLogger, getTextFormatter, type Logger } from "@logtape/logtape";
import { type Config, databaseName } from "../config/config.ts";

/** A line of the log, which ends with the id of its message, where it has one. */
export const lineOf = getTextFormatter({
	timestamp: "rfc3339",
	level: "FULL",
	value: printable,
	format: ({ timestamp, level, category, message, record: { properties } }) => {
		const id = typeof properties.id === "string" ? ` [${properties.id}]` : "";
		return `${timestamp} [${level}] ${category}: ${message}${id}`;
	},
});

/**
 * Configures logging for this process.
 * @returns a log whose lines may name `{database}` and `{dataDir}`: of several processes, whose they are
 */
export async function startLogging(
	config: Pick<Config, "logLevel" | "database" | "dataDir">,
): Promise<Logger> {
	await configure({
		sinks: { stderr: (record) => process.stderr.write(lineOf(record)) },
		loggers: [
			{ category: "reveille", lowestLevel: config.logLevel, sinks: ["stderr"] },
			{ category: ["logtape", "meta"], lowestLevel: "warning", sinks: ["stderr"] },
		],
	});
	return getLogger("reveille").with({ database: databaseName(config), dataDir: config.dataDir });
}

/** More than any sentence of ours needs, and less than fills a disk, UTF-16 units. */
const LONGEST_VALUE = 1000;

/**
 * A value on one line, and shown in its order: what others sent must not begin a line of its own, nor turn around the
 * text beside it (line and paragraph separators, directions, characters that show nothing).
 */
function printable(value: unknown, inspect: (value: unknown) => string): string {
	const text = typeof value === "string" ? value : inspect(value);
	const shown = text.length > LONGEST_VALUE ? `${text.slice(0, LONGEST_VALUE)}…` : text;
	return shown.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, " ").toWellFormed();
}
