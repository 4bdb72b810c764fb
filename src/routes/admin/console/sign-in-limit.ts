/** How often somebody may try tokens at the console's sign-in. Memory and work are bounded, whoever tries. */
import { consoleHttpBounds } from "../../../limits/bounds/console-http.ts";
import { createRecent } from "../../../limits/recent-names.ts";
import { siteOf } from "../../guards/client-address.ts";

const OF_NETWORK = consoleHttpBounds.wrongTokens.is;
const OF_SITE = consoleHttpBounds.wrongTokensOfSite.is;
const OF_ALL = consoleHttpBounds.wrongTokensOfAll.is;
const KEPT = consoleHttpBounds.signInNetworks.is;
const WINDOW_MS = 60_000;

export interface SignInLimit {
	/** The ms until a token of this network is looked at; 0: one may be now. @param network as `networkOf` returns it */
	wait(network: string): number;
	/**
	 * One was wrong.
	 * @returns `triesLeft` in this minute. `isTold`: few enough came that each is worth a line of the log
	 */
	wrong(network: string): { triesLeft: number; isTold: boolean };
}

export function createSignInLimit(now: () => number = Date.now): SignInLimit {
	/** When the last wrong ones came, ms, the oldest first. */
	const networks = createRecent<number[]>(KEPT);
	const sites = createRecent<number[]>(KEPT);
	let all: number[] = [];

	// A clock that was set back must not lock anybody out.
	const isRecent = (at: number) => at > now() - WINDOW_MS && at <= now();
	const recent = (times: readonly number[] = []) => times.filter(isRecent);
	const isBusy = () => recent(all).length >= OF_ALL;
	const mostNow = () => (isBusy() ? 1 : OF_NETWORK);

	/** The ms until fewer than `most` are recent. */
	function untilFewer(times: readonly number[], most: number): number {
		const counted = recent(times);
		const first = counted.length - most;
		const at = counted[first];
		return first < 0 || at === undefined ? 0 : at + WINDOW_MS - now();
	}

	return {
		wait(network) {
			const site = siteOf(network);
			return Math.max(
				untilFewer(networks.get(network) ?? [], mostNow()),
				site === undefined ? 0 : untilFewer(sites.get(site) ?? [], OF_SITE),
			);
		},

		wrong(network) {
			const isTold = !isBusy();
			const times = [...recent(networks.get(network)), now()].slice(-OF_NETWORK);
			networks.set(network, times);
			const site = siteOf(network);
			if (site !== undefined) sites.set(site, [...recent(sites.get(site)), now()].slice(-OF_SITE));
			all = [...recent(all), now()].slice(-OF_ALL);
			return { triesLeft: Math.max(0, mostNow() - times.length), isTold };
		},
	};
}
