import type { MessageId } from "../messages/table.ts";

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
