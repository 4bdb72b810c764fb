/** Why nothing more of a stream can be read: the condition of a stream error (RFC 6120 §4.9.3). */
export type ReadFault = "not-well-formed" | "restricted-xml" | "policy-violation";

/** Thrown where a stream's text goes wrong. */
export class Unreadable extends Error {
	override name = "Unreadable";
	readonly fault: ReadFault;

	constructor(fault: ReadFault) {
		super(fault);
		this.fault = fault;
	}
}
