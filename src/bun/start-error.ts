/** Why the program cannot start, as a sentence for whoever started it. */
export class StartError extends Error {
	override name = "StartError";

	constructor(message: string, cause?: unknown) {
		super(message, { cause });
	}
}
