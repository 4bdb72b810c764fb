/** How a holder keeps an address: it beats in the database, with what the next process needs, until it is another's. */
import type { Logger } from "@logtape/logtape";
import { about } from "../../messages/about.ts";
import { faultOf } from "../../store/database-fault.ts";
import type { StreamState } from "../../store/local/streams.ts";
import type { StreamLeases } from "../../store/stream-leases.ts";

export interface LeaseBeat {
	isHeld(): boolean;
	/**
	 * The address is ours from now on.
	 * @param options.isAssumed we go on from our file, since the database was away when we started
	 */
	hold(state: StreamState | undefined, options?: { isAssumed: boolean }): void;
	/** @returns false if it is another's. @throws when the database is away */
	beat(): Promise<boolean>;
	/** What the next process needs is this now. */
	change(state: StreamState | undefined): void;
	/** The database has it too, unless it is away. */
	saved(): Promise<void>;
	/** Beats no more. @returns whether the address was ours */
	release(): boolean;
}

export interface LeaseBeatDeps {
	address: string;
	/** This connector, by an id that is its data folder's. */
	holder: string;
	leases: StreamLeases;
	/** Another one has taken the address. */
	onLost(): void;
	/** Between two beats, ms. */
	everyMs: number;
	log: Pick<Logger, "info" | "warn">;
}

export function createLeaseBeat(deps: LeaseBeatDeps): LeaseBeat {
	const { address, holder, leases, onLost, everyMs, log } = deps;
	let isHeld = false;
	let isAssumed = false;
	let current: StreamState | undefined;
	/** The database lacks the latest count. */
	let isBehind = false;
	let beating: ReturnType<typeof setInterval> | undefined;

	function lose() {
		if (!isHeld) return;
		isHeld = false;
		isAssumed = false;
		clearInterval(beating);
		onLost();
	}

	async function beat(): Promise<boolean> {
		try {
			const isOurs = await leases.beat(address, holder, current);
			if (isBehind) log.info("{address}: the stream's state is saved in the database again.", { address });
			isBehind = false;
			if (isOurs) isAssumed = false;
			// Nobody has it yet, where the database was away when we began.
			else if (isAssumed && (await claimUnheld())) return true;
			else lose();
			return isOurs;
		} catch (error) {
			if (!isBehind) {
				log.warn(
					"{address}: the stream's state cannot be saved in the database, and is tried again. If this process ends before, the one that stands by may miss publishes: {error}",
					about("stream-state-not-shared", { address, error: faultOf(error) }),
				);
			}
			isBehind = true;
			throw error;
		}
	}

	async function claimUnheld(): Promise<boolean> {
		isAssumed = false;
		return (await leases.find(address)) === undefined && leases.take(address, holder, undefined);
	}

	return {
		isHeld: () => isHeld,

		hold(state, options) {
			isHeld = true;
			if (options?.isAssumed) isAssumed = true;
			current = state;
			clearInterval(beating);
			beating = setInterval(() => void beat().catch(() => {}), everyMs);
		},

		beat,

		change(state) {
			current = state;
		},

		async saved() {
			if (!isBehind) await beat().catch(() => {});
		},

		release() {
			clearInterval(beating);
			const wasHeld = isHeld;
			isHeld = false;
			return wasHeld;
		},
	};
}
