/** Where the log goes: lines of text on standard error, so that standard output stays for what was asked for. */
import { configure, getLogger, getTextFormatter, type Logger } from "@logtape/logtape";
import type { Config } from "../config.ts";

/** Configures logging for this process. */
export async function startLogging(level: Config["logLevel"]): Promise<Logger> {
	const format = getTextFormatter({ timestamp: "rfc3339", level: "FULL", category: "", value: printable });
	await configure({
		sinks: { stderr: (record) => process.stderr.write(format(record)) },
		loggers: [
			{ category: "reveille", lowestLevel: level, sinks: ["stderr"] },
			{ category: ["logtape", "meta"], lowestLevel: "warning", sinks: ["stderr"] },
		],
	});
	return getLogger("reveille");
}

/** A value on one line: what others sent must not begin a line of its own. */
function printable(value: unknown, inspect: (value: unknown) => string): string {
	const text = typeof value === "string" ? value : inspect(value);
	return text.replace(/\p{Cc}+/gu, " ");
}
