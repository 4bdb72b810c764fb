/** What a screen shows of Reveille: asked for when it opens, again from time to time, and when somebody returns. */
import { useEffect, useRef, useState } from "preact/hooks";
import { useConsole } from "./console.ts";
import { type ConsoleFault, faultOf } from "./console-fault.ts";

export interface Loaded<Value> {
	/** The last that came: also while another is asked for, and where the same does not come again. */
	value?: Value;
	/** Why the last question had no answer. */
	fault?: ConsoleFault;
	isLoading: boolean;
	/** Asks again now. Resolves when it is done. */
	reload(): Promise<void>;
}

/**
 * @param key of what is asked: another key asks at once
 * @param everyMs asks again so often while the page is seen; missing: only when somebody comes back to the page
 */
export function useLoaded<Value>(key: string, load: () => Promise<Value>, everyMs?: number): Loaded<Value> {
	const { clock, isSeen, onReturn } = useConsole();
	const [state, setState] = useState<{ key: string; value?: Value; fault?: ConsoleFault }>({ key: "" });
	const [isLoading, setLoading] = useState(true);
	const current = useRef({ key, load });
	current.current = { key, load };

	const reload = async () => {
		const asked = current.current;
		const isOld = () => asked.key !== current.current.key;
		setLoading(true);
		try {
			const value = await asked.load();
			if (!isOld()) setState({ key: asked.key, value });
		} catch (error) {
			// What answered another question does not answer this one.
			if (!isOld()) {
				const { key } = asked;
				const fault = faultOf(error);
				setState((former) => (former.key === key ? { ...former, fault } : { key, fault }));
			}
		}
		if (!isOld()) setLoading(false);
	};

	useEffect(() => {
		void reload();
		const ended = new AbortController();
		const forget = onReturn(() => void reload());
		void (async () => {
			while (everyMs !== undefined) {
				await clock.after(everyMs, ended.signal);
				if (ended.signal.aborted) return;
				if (isSeen()) await reload();
			}
		})();
		return () => {
			ended.abort();
			forget();
		};
	}, [key]);

	return { ...state, isLoading: isLoading || state.key !== key, reload };
}
