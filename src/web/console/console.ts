/** What every screen of the console is given: the parts that act, and the way to another screen. */
import type { ReadonlySignal } from "@preact/signals";
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Clock } from "../clock.ts";
import type { ConsoleApi } from "./console-api.ts";
import type { ConsoleFault } from "./console-fault.ts";
import type { Formats } from "./formats.ts";
import type { Route } from "./routes.ts";
import type { FindRegistrations, Session } from "./wire.ts";

/** `asked`: it is not known yet. `lost`: it was there, and is no more. */
export type SessionState =
	| { is: "asked" }
	| { is: "unknown"; fault: ConsoleFault }
	| { is: "signed-out" }
	| { is: "lost" }
	| { is: "signed-in"; session: Session };

/** What happens live: server-sent events. */
export interface Stream {
	close(): void;
}

export interface StreamListener {
	opened(): void;
	event(name: string, data: string): void;
	/** @param isOver it does not come again by itself */
	failed(isOver: boolean): void;
}

export interface Console {
	readonly api: ConsoleApi;
	readonly clock: Clock;
	readonly formats: Formats;
	/** The host that the page came from. */
	readonly host: string;
	readonly session: ReadonlySignal<SessionState>;
	readonly route: ReadonlySignal<Route>;
	/** @param how `replace`: the back button does not come back here */
	go(route: Route, how?: "replace"): void;
	/** Asks whether somebody is signed in. */
	resume(): Promise<void>;
	/** @throws {ConsoleFault} */
	signIn(token: string): Promise<void>;
	signOut(): Promise<void>;
	/** Copies it. @returns whether it was */
	copy(text: string): Promise<boolean>;
	openStream(path: string, listener: StreamListener): Stream;
	/** Whether somebody may see the page now. */
	isSeen(): boolean;
	/** The page is looked at again, or is online again. @returns what ends the listening */
	onReturn(listener: () => void): () => void;
	/** What was looked for last: the way back from a registration. */
	lastSearch: FindRegistrations;
	/** Whether a screen was left: only then the focus moves to the heading. */
	moved: boolean;
}

const ConsoleContext = createContext<Console | undefined>(undefined);

export const ConsoleProvider = ConsoleContext.Provider;

/** @throws outside of a ConsoleProvider */
export function useConsole(): Console {
	const console = useContext(ConsoleContext);
	if (!console) throw new Error("A screen is drawn outside of the console.");
	return console;
}

/** @throws where nobody is signed in: only the screens behind it ask */
export function useSession(): Session {
	const state = useConsole().session.value;
	if (state.is !== "signed-in") throw new Error("Nobody is signed in.");
	return state.session;
}
