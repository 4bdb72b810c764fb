/** What one row of the catalogue of messages says. */

/** A warning or an error of the log, or why a start or a command was refused. Texts are Markdown without links. */
export interface Message {
	/** What happened, as one sentence. */
	readonly happened: string;
	/** Why that happens. */
	readonly cause: string;
	/** What happens next, and what to do. */
	readonly remedy: string;
	/** Where to read on: a page below `docs/`, with or without an anchor. */
	readonly more?: string;
}

/** By id: words in lower case with hyphens between them. An id stays as it is once it was released. */
export type Messages = Readonly<Record<string, Message>>;
