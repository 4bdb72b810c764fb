/** The stream is over. */
export class StreamEnded extends Error {
	override name = "StreamEnded";
	/** Why, where the server said it (RFC 6120 §4.9.3). */
	readonly condition: string | undefined;
	/** And in its words. */
	readonly text: string | undefined;

	constructor(condition?: string, text?: string) {
		super(condition ?? "the stream ended");
		this.condition = condition;
		this.text = text;
	}
}
