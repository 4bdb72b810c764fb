/** The disk is nearly full: nothing new is registered, and what is registered goes on to work. */
export class NoSpace extends Error {
	override name = "NoSpace";

	constructor() {
		super(
			"The disk of this server is nearly full, so nothing new is registered at the moment: try again later.",
		);
	}
}
