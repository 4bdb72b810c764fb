import { ConfigError } from "../config/config.ts";
import type { MessageId } from "../messages/table.ts";
import { WrongKey } from "../store/facts.ts";

/** Why the program cannot start, as a sentence for whoever started it. */
export class StartError extends Error {
	override name = "StartError";
	/** What `reveille explain` is asked for. */
	readonly id: MessageId;

	constructor(id: MessageId, message: string, cause?: unknown) {
		super(message, { cause });
		this.id = id;
	}
}

/** Whether an error is a sentence for whoever started the program; any other is a fault of our own. */
export const isForPeople = (error: unknown): error is StartError | ConfigError | WrongKey =>
	error instanceof StartError || error instanceof ConfigError || error instanceof WrongKey;
