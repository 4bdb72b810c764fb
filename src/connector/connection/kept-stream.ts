/**
 * What a connection goes on with after a loss or a restart: the session that the server keeps for an account, and the
 * counts of what went either way. Where several processes have the account, only the holder of its lease has it.
 */
import type { Logger } from "@logtape/logtape";
import { about } from "../../messages/about.ts";
import { faultOf } from "../../store/database-fault.ts";
import type { StreamState, Streams } from "../../store/local/streams.ts";
import type { StreamLease } from "../address/stream-lease.ts";
import { createStreamManagement, type StreamManagement } from "../stream/stream-management.ts";
import type { CurrentStream } from "./current-stream.ts";

export interface KeptStream {
	/** Today's: another takes its place when the address was another's meanwhile. */
	management(): StreamManagement;
	/**
	 * Waits until the address is ours.
	 * @param standBy called when it is another process's
	 * @returns false: the signal came first
	 */
	take(standBy: () => void, signal: AbortSignal): Promise<boolean>;
	/** Whether the address is ours still; it is where there is no lease. */
	isOurs(signal: AbortSignal): Promise<boolean>;
	/** A signal that comes when another process takes the address, from now on. Only one is in use at a time. */
	untilLost(): AbortSignal;
	/** There is nothing to resume any more, neither now nor after a restart. */
	forget(): Promise<void>;
	/** Leaves the address to whoever stands by. */
	leave(): Promise<void>;
}

export interface KeptStreamDeps {
	address: string;
	/** Whether its server keeps sessions: an account's does. */
	isKept: boolean;
	streams: Streams;
	/** Where several processes have the same account and one database. @param onLost another one has the address */
	lease?: ((onLost: () => void) => StreamLease) | undefined;
	current: CurrentStream;
	log: Logger;
}

export async function openKeptStream(deps: KeptStreamDeps): Promise<KeptStream> {
	const { address, isKept, streams, current, log } = deps;
	let lost = new AbortController();
	const lease = isKept ? deps.lease?.(onLost) : undefined;
	let management = manage(isKept && !lease ? await streams.load(address) : undefined);

	function onLost() {
		current.drop();
		lost.abort();
	}

	function manage(saved: StreamState | undefined): StreamManagement {
		// What came in before another one had the address is no part of today's stream.
		const isCurrent = () => own === management;
		const own = createStreamManagement(saved, {
			save: async (state) => {
				if (isKept && isCurrent()) await save(state);
			},
			send(element) {
				if (isCurrent()) current.send(element);
			},
			onFault: (error) =>
				log.error(
					"{address}: the stream's state cannot be saved. A restart may miss publishes. Look at the disk: {error}",
					about("stream-state-not-saved", { address, error: faultOf(error) }),
				),
		});
		return own;
	}

	function save(state: StreamState | undefined): Promise<void> {
		if (lease) return lease.save(state);
		return state ? streams.save(address, state) : streams.forget(address);
	}

	return {
		management: () => management,

		async take(standBy, signal) {
			const taken = lease ? await lease.take(standBy, signal) : "kept";
			if (taken && taken !== "kept") management = manage(taken.state);
			return taken !== undefined;
		},

		isOurs: async (signal) => lease === undefined || lease.isOurs(signal),

		untilLost() {
			lost = new AbortController();
			return lost.signal;
		},

		async forget() {
			const forgotten = save(undefined);
			management = manage(undefined);
			await forgotten.catch(() => {});
		},

		leave: async () => lease?.leave(),
	};
}
