/** Why an answer of Reveille did not come, in two sentences: what is, and what to do. */

export type FaultKind =
	/** Nobody is signed in any more. */
	| "signed-out"
	/** Nothing answers. */
	| "offline"
	/** There is no such thing. */
	| "gone"
	/** What was asked for is not done: `what` says why. */
	| "refused"
	/** Reveille failed. */
	| "broken";

export class ConsoleFault extends Error {
	readonly kind: FaultKind;
	/** Of the answer over HTTP; missing: there was none. */
	readonly status: number | undefined;
	/** What is. */
	readonly what: string;
	/** What to do. */
	readonly next: string;
	constructor(kind: FaultKind, what: string, next: string, status?: number) {
		super(`${what} ${next}`);
		this.kind = kind;
		this.status = status;
		this.what = what;
		this.next = next;
	}
}

export const faultOf = (error: unknown): ConsoleFault =>
	error instanceof ConsoleFault
		? error
		: new ConsoleFault("broken", "The page itself failed.", "Load it again, and report it with its version.");
