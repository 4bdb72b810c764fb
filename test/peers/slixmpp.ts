/** Debian's slixmpp: an XMPP client nobody here wrote, in Python. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { serversSystem } from "./system.ts";

const PYTHON = "/usr/bin/python3";
const LIBRARY = "/usr/lib/python3/dist-packages/slixmpp/__init__.py";

/** @throws {MissingPeer} */
export function findSlixmpp(): string {
	const { path, missing } = serversSystem();
	if (existsSync(path(PYTHON)) && existsSync(path(LIBRARY))) return PYTHON;
	throw missing("slixmpp", ["python3-slixmpp"]);
}

export interface SlixmppDevice {
	jid: string;
	password: string;
	/** The server's address for clients, and its port. */
	host: string;
	port: number;
	/** The JID that commands go to. */
	push: string;
	command: string;
	fields: Readonly<Record<string, string>>;
}

/** What it read. */
export interface SlixmppAnswers {
	/** The listed commands' nodes. */
	commands: string[];
	/** Of the answer to registering, by the name of the field. */
	values: Record<string, string>;
	/** The same fields as a person would see them: type and label. */
	fields: Record<string, [type: string, label: string]>;
	/** The list of registrations as a table: its columns' types and labels, and each row. */
	columns: Record<string, [type: string, label: string]>;
	rows: Record<string, string>[];
}

/**
 * Logs in, lists the commands, registers by one of them, enables push with what it got, lists what is registered, and
 * goes offline.
 * @throws with what the client said
 */
export async function registerWithSlixmpp(device: SlixmppDevice): Promise<SlixmppAnswers> {
	const script = readFileSync(join(import.meta.dir, "slixmpp-client.py"), "utf8");
	// The script itself and not its path: from within another system this folder is not seen.
	const command = serversSystem().command([findSlixmpp(), "-c", script], "/");
	const client = Bun.spawn(command, {
		stdin: new Blob([`${JSON.stringify(device)}\n`]),
		stdout: "pipe",
		stderr: "pipe",
	});
	const [said, errors] = await Promise.all([
		new Response(client.stdout).text(),
		new Response(client.stderr).text(),
	]);
	if ((await client.exited) !== 0) throw new Error(`slixmpp: ${errors.slice(-2000)}`);
	return JSON.parse(said);
}
