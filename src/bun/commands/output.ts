/** What commands print on standard output. What cannot be written is no success: scripts go by the exit code. */
import { writeSync } from "node:fs";
import { StartError } from "../start-error.ts";

/** Writes some bytes. @returns how many @throws with the system's code */
export type Write = (bytes: Uint8Array) => number;

const toStandardOutput: Write = (bytes) => writeSync(1, bytes);

/** How long a reader that is slow is waited for, before it is tried again, ms. */
const FULL_MS = 5;

/** What moves the cursor, colours, or turns the direction of writing, but for tabs and the end of a line. */
const SIGNS = /(?:(?![\t\n])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}])+/gu;
const SIGNS_OF_JSON = /[\u007f-\u009f\p{Cf}\p{Zl}\p{Zp}]/gu;

/** For a terminal: strangers choose names, and what their servers answer is shown. */
export const printable = (text: string): string => text.replace(SIGNS, " ").toWellFormed();

/** Prints lines for people. @throws {StartError} */
export function print(text: string, write?: Write): void {
	writeAll(printable(text), write);
}

/** Prints JSON, which any terminal shows as it is. @throws {StartError} */
export function printJson(value: unknown, write?: Write): void {
	const escaped = (sign: string) =>
		[...Array(sign.length).keys()]
			.map((at) => `\\u${sign.charCodeAt(at).toString(16).padStart(4, "0")}`)
			.join("");
	writeAll(JSON.stringify(value, null, 2).replace(SIGNS_OF_JSON, escaped), write);
}

function writeAll(text: string, write = toStandardOutput): void {
	const bytes = new TextEncoder().encode(`${text}\n`);
	for (let at = 0; at < bytes.length; ) {
		try {
			at += write(bytes.subarray(at));
		} catch (error) {
			const { code, message } = error as NodeJS.ErrnoException;
			// Nobody reads on, as behind `head`.
			if (code === "EPIPE") return;
			if (code !== "EAGAIN") {
				throw new StartError(
					"output-failed",
					`What the command did is done, and its output cannot be written (${code ?? message}).`,
					error,
				);
			}
			Bun.sleepSync(FULL_MS);
		}
	}
}
