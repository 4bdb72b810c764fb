/** What all ways to log in have in common (RFC 4422). */

export interface Credentials {
	/** The part of the JID before the @. */
	username: string;
	password: string;
}

/** One login by one mechanism. Its methods are called in the order of the exchange, and one at a time. */
export interface Mechanism {
	readonly name: string;
	/** What the client says first. */
	first(): string;
	/**
	 * Answers a challenge.
	 * @throws {SaslError}
	 */
	respond(challenge: string): Promise<string>;
	/**
	 * The server says that we are logged in.
	 * @param data what it said with it; empty: nothing
	 * @throws {SaslError} where the mechanism has it prove that it knows the password, and it did not
	 */
	finish(data: string): Promise<void>;
}

/**
 * - `no-mechanism`: the server offers none that can be used here.
 * - `username`, `password`: SASLprep forbids it, so no server has it.
 * - `refused`: the server says no; `condition` is its reason (RFC 6120 §6.5).
 * - `unreadable`: what it says is not the mechanism's, or asks for what must not be done.
 * - `unproven`: it says that we are logged in, but did not prove that it knows the password.
 */
export type SaslFault = "no-mechanism" | "username" | "password" | "refused" | "unreadable" | "unproven";

interface Refusal {
	condition?: string;
	said?: string;
}

/** Why a login ended, as a sentence. */
export class SaslError extends Error {
	override name = "SaslError";
	readonly fault: SaslFault;
	/** Of `refused`: the server's condition, such as `not-authorized`. */
	readonly condition: string | undefined;
	/** Of `refused`: all that the server said, cut. */
	readonly said: string | undefined;

	constructor(fault: SaslFault, message: string, { condition, said }: Refusal = {}) {
		super(message);
		this.fault = fault;
		this.condition = condition;
		this.said = said;
	}
}
