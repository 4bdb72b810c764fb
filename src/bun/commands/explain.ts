/** `explain`: says what a line of the log that ends in [ID] means, and what to do. `docs/messages.md` says the same. */
import { buildCommand } from "@stricli/core";
import type { Message } from "../../messages/message.ts";
import { allMessages } from "../../messages/table.ts";
import { nearest } from "../../syntax/spelling.ts";
import { docsPath, PROGRAM } from "../program.ts";
import { StartError } from "../start-error.ts";
import { JSON_FLAG, type Typed } from "./command.ts";
import { print, printJson } from "./output.ts";

export const explainCommand = buildCommand<{ json: boolean }, [id?: string], Typed>({
	docs: {
		brief: "What a line that ends in [ID] means, and what to do; without ID all",
		fullDescription:
			"Says what a line of the log means that ends in [ID], why it is written, and what to do. Without ID it lists all ids.",
	},
	parameters: {
		flags: JSON_FLAG,
		positional: {
			kind: "tuple",
			parameters: [
				{
					brief: "With or without its brackets",
					placeholder: "ID",
					parse: String,
					optional: true,
					proposeCompletions: (begun) =>
						allMessages()
							.map(([id]) => id as string)
							.filter((id) => id.startsWith(begun)),
				},
			],
		},
	},
	func({ json }, id) {
		if (!json) return print(explain(id));
		const asked = id === undefined ? allMessages() : [find(id)];
		printJson(asked.map(([id, message]) => ({ id, ...message })));
	},
});

/**
 * @param id with or without its brackets; missing: all are listed, a line each
 * @returns what is to be printed
 * @throws {StartError} for an id that does not exist: it names the nearest that does
 */
export const explain = (id?: string): string => (id === undefined ? list() : inWords(...find(id)));

function list(): string {
	const messages = allMessages();
	const width = Math.max(...messages.map(([id]) => id.length));
	return messages.map(([id, { happened }]) => `${id.padEnd(width)}  ${happened}`).join("\n");
}

function find(asked: string) {
	const id = asked.replace(/^\[(.*)\]$/, "$1");
	const messages = allMessages();
	const found = messages.find(([known]) => known === id.toLowerCase());
	if (found) return found;
	const near = nearest(
		id,
		messages.map(([known]) => known),
	);
	const hint = near === undefined ? `"${PROGRAM} explain" lists them all.` : `Did you mean ${near}?`;
	throw new StartError("message-unknown", `There is no message ${id}. ${hint}`);
}

function inWords(id: string, { happened, cause, remedy, more }: Message): string {
	const lines = [id, `  What happened: ${happened}`, `  Why: ${cause}`, `  What to do: ${remedy}`];
	return [...lines, ...(more === undefined ? [] : [`  More: ${docsPath(more)}`])].join("\n");
}
