/** What is found: the one form that all checks of `doctor` and `check` answer in. */

/** `unknown`: it was not tried, or could not be. */
export type State = "ok" | "warn" | "bad" | "unknown";

export interface Finding {
	state: State;
	/** What was looked at, in a few words. */
	what: string;
	/** What is. */
	text: string;
	/** The line to type, or what to change. */
	do?: string;
	/** How long it took. */
	ms?: number;
}

/** Something to look at. */
export interface Check {
	/** Under which heading its findings stand. */
	group: string;
	/** Only once all others are over. */
	isLast?: true;
	/** Never longer than `signal`. What it throws is a finding too. */
	look(signal: AbortSignal): Promise<readonly Finding[]>;
}

/** A finding with its heading. */
export type Found = Finding & { group: string };

export const ok = (what: string, text: string, ms?: number): Finding => finding("ok", what, text, { ms });

export const bad = (what: string, text: string, todo?: string): Finding =>
	finding("bad", what, text, { todo });

export const warn = (what: string, text: string, todo?: string): Finding =>
	finding("warn", what, text, { todo });

export const unknown = (what: string, text: string, todo?: string): Finding =>
	finding("unknown", what, text, { todo });

function finding(
	state: State,
	what: string,
	text: string,
	{ todo, ms }: { todo?: string | undefined; ms?: number | undefined },
): Finding {
	return {
		state,
		what,
		text,
		...(todo !== undefined && { do: todo }),
		...(ms !== undefined && { ms: Math.round(ms * 10) / 10 }),
	};
}

/** @returns what was awaited, and how long it took, ms */
export async function timed<T>(doing: Promise<T> | (() => Promise<T>)): Promise<{ value: T; ms: number }> {
	const startedAt = performance.now();
	const value = await (typeof doing === "function" ? doing() : doing);
	return { value, ms: performance.now() - startedAt };
}

/** What an error says, without the place in the code. */
export const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** 0: nothing is bad. */
export const exitCodeOf = (findings: readonly Finding[]): 0 | 1 =>
	findings.some(({ state }) => state === "bad") ? 1 : 0;
