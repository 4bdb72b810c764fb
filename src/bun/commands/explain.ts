/** `explain`: says what a line of the log that ends in [ID] means, and what to do. `docs/messages.md` says the same. */
import type { Message } from "../../messages/message.ts";
import { allMessages } from "../../messages/table.ts";
import { nearest } from "../../syntax/spelling.ts";
import { PROGRAM } from "../program.ts";
import { StartError } from "../start-error.ts";

const HELP = `Usage: ${PROGRAM} explain [ID]

Says what a line of the log means that ends in [ID], why it is written, and what to do. Without ID it lists all ids.`;

/**
 * @param args an id, with or without its brackets; none: all are listed, a line each
 * @returns what is to be printed
 * @throws {StartError} for an id that does not exist: it names the nearest that does
 */
export function explain(args: readonly string[]): string {
	if (args.includes("--help") || args.includes("-h")) return HELP;
	const [asked, ...more] = args;
	if (more.length > 0) throw new StartError("command-arguments", `One id at a time.\n\n${HELP}`);
	return asked === undefined ? list() : explained(asked);
}

function list(): string {
	const messages = allMessages();
	const width = Math.max(...messages.map(([id]) => id.length));
	return messages.map(([id, { happened }]) => `${id.padEnd(width)}  ${happened}`).join("\n");
}

function explained(asked: string): string {
	const id = asked.replace(/^\[(.*)\]$/, "$1");
	const messages = allMessages();
	const found = messages.find(([known]) => known === id.toLowerCase());
	if (found) return inWords(...found);
	const near = nearest(
		id,
		messages.map(([known]) => known),
	);
	const hint = near === undefined ? `"${PROGRAM} explain" lists them all.` : `Did you mean ${near}?`;
	throw new StartError("message-unknown", `There is no message ${id}. ${hint}`);
}

function inWords(id: string, { happened, cause, remedy, more }: Message): string {
	const lines = [id, `  What happened: ${happened}`, `  Why: ${cause}`, `  What to do: ${remedy}`];
	return [...lines, ...(more === undefined ? [] : [`  More: docs/${more}`])].join("\n");
}
