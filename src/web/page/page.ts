/** What every screen is given: the texts, the parts that act, and the way to another screen. */
import type { ReadonlySignal, Signal } from "@preact/signals";
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Clock } from "../clock.ts";
import type { WebAppSettings } from "../settings.ts";
import type { Accounts } from "./accounts/accounts.ts";
import type { Browser } from "./browser.ts";
import type { CopySetUp } from "./copy-set-up.ts";
import type { Obstacle } from "./obstacle.ts";
import type { Route } from "./routes.ts";
import type { SetUp } from "./set-up.ts";
import type { Texts } from "./texts/texts.ts";

export interface Page {
	readonly texts: ReadonlySignal<Texts>;
	/** @param lang one of LANGUAGES */
	speak(lang: string): void;
	readonly route: ReadonlySignal<Route>;
	/** @param how `replace`: the back button does not come back here */
	go(route: Route, how?: "replace"): void;
	readonly browser: Browser;
	readonly clock: Clock;
	/** Missing: they could not be loaded. */
	readonly settings: WebAppSettings | undefined;
	readonly obstacle: Obstacle | undefined;
	readonly accounts: Accounts;
	readonly setUp: SetUp;
	/** The secret of the invite whose link led here. */
	readonly invite: ReadonlySignal<string | undefined>;
	readonly copySetUp: CopySetUp;
	/** What was done on the screen before, in a sentence. */
	readonly notice: Signal<string | undefined>;
	/** Loads the whole page again. */
	reload(): void;
	/** Whether a screen was left: only then the focus moves to the heading. */
	moved: boolean;
}

const PageContext = createContext<Page | undefined>(undefined);

export const PageProvider = PageContext.Provider;

/** @throws outside of a PageProvider */
export function usePage(): Page {
	const page = useContext(PageContext);
	if (!page) throw new Error("A screen is drawn outside of its page.");
	return page;
}

export const useTexts = (): Texts => usePage().texts.value;
