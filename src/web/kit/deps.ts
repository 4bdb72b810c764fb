/** What the kit needs of the platform. */
export interface KitDeps {
	fetch: (url: string, init?: RequestInit) => Promise<Response>;
	/**
	 * Whether the page itself came over http, as from localhost: then the operator's servers may be at `ws://` too, which
	 * a page of https cannot reach.
	 */
	isHttp: boolean;
	/** May throw, as the constructor does: at what is no URL, or is not allowed on this page. */
	openWebSocket: (url: string) => WebSocket;
	/** ms, of a clock that only goes on. */
	now: () => number;
	/** A signal that fires after so many ms. */
	timeout: (ms: number) => AbortSignal;
	/** One that nobody guesses. */
	newId: () => string;
}
