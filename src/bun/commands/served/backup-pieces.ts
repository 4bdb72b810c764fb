/**
 * A backup on its way from the running Reveille to the command: a line of JSON says what follows it, and how many bytes
 * that has.
 */

/** The line. */
export type BackupLine =
	/** The first: how many bytes are to come, about, and the host of a database that is elsewhere. */
	| { kind: "begin"; total: number; elsewhere?: string }
	/** So many bytes of a file come next. */
	| { kind: "piece"; file: string; bytes: number }
	/** What came of the file so far does not count. */
	| { kind: "again"; file: string }
	/** A database and its log are there, and are to be made one file. */
	| { kind: "database"; file: string }
	/** The last, or why there is none. */
	| { kind: "end" }
	| { kind: "failure"; reason: string };

/** What is sent. */
export type BackupPart = BackupLine | { kind: "bytes"; file: string; bytes: Uint8Array };

export function toBytes(part: BackupPart): Uint8Array[] {
	const line = (text: BackupLine) => new TextEncoder().encode(`${JSON.stringify(text)}\n`);
	if (part.kind !== "bytes") return [line(part)];
	const { file, bytes } = part;
	return [line({ kind: "piece", file, bytes: bytes.length }), bytes];
}

/** The longest line: a reason is a sentence. */
const LONGEST_LINE = 4096;

/** @throws where it ends before its end, or is no backup */
export async function* readParts(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<BackupPart> {
	let rest = new Uint8Array();
	/** What is missing of a piece. */
	let awaited: { file: string; bytes: number } | undefined;
	for await (const chunk of chunks) {
		rest = rest.length === 0 ? new Uint8Array(chunk) : Buffer.concat([rest, chunk]);
		while (rest.length > 0) {
			if (awaited) {
				const bytes = rest.subarray(0, awaited.bytes);
				yield { kind: "bytes", file: awaited.file, bytes };
				rest = rest.subarray(bytes.length);
				awaited.bytes -= bytes.length;
				if (awaited.bytes === 0) awaited = undefined;
				continue;
			}
			const end = rest.indexOf(10);
			if (end < 0 && rest.length > LONGEST_LINE) throw new Error("what came is no backup");
			if (end < 0) break;
			const line = JSON.parse(new TextDecoder().decode(rest.subarray(0, end))) as BackupLine;
			rest = rest.subarray(end + 1);
			if (line.kind === "piece")
				awaited = line.bytes > 0 ? { file: line.file, bytes: line.bytes } : undefined;
			else yield line;
			if (line.kind === "end") return;
		}
	}
	throw endedHalfWay();
}

/** Why there is no end. */
export const endedHalfWay = () =>
	new Error(
		"it ended half-way. Reveille ended, or this disk stood still for 30 seconds: look at the log of Reveille, and type the command again",
	);
