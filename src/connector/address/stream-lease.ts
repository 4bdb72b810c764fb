/**
 * A connector's hold on an account's address, where several processes have the same account and one database: one
 * is online, the others stand by, and the first of them that finds it gone takes over its stream.
 *
 * Nobody's clock is compared with another's: the holder's beat grows in the database, and whoever stands by watches
 * it. While the database is away nobody is held for gone, and the holder goes on.
 */
import type { Logger } from "@logtape/logtape";
import type { StreamState, Streams } from "../../store/local/streams.ts";
import type { LeaseRow, StreamLeases } from "../../store/stream-leases.ts";
import { pause } from "../pause.ts";
import { createHolderWatch } from "./holder-watch.ts";
import { createLeaseBeat } from "./lease-beat.ts";

/** All in ms. */
const TIMING = {
	/** Between two beats, and between two looks of who stands by. */
	every: 2_000,
	/** A holder whose beat stands still for so long is gone. */
	gone: 8_000,
};

/** What is resumed from: the connector's own file, and for the others the database. */
export interface StreamLease {
	/**
	 * Resolves when the address is ours; at once if it is already.
	 * @param standby called when it is another's
	 * @returns what to resume; `kept`: what we had. Undefined: the signal came first
	 */
	take(
		standby: () => void,
		signal: AbortSignal,
	): Promise<{ state: StreamState | undefined } | "kept" | undefined>;
	/** Whether it is ours still, from the database, however long that takes to answer. */
	isOurs(signal: AbortSignal): Promise<boolean>;
	/**
	 * Keeps what the next process needs, before the server hears of the count: in our file, and in the database too
	 * unless that is away.
	 */
	save(state: StreamState | undefined): Promise<void>;
	/** Leaves the address to whoever stands by. */
	leave(): Promise<void>;
}

export interface StreamLeaseOptions {
	address: string;
	/** This connector, by an id that is its data folder's. */
	holder: string;
	leases: StreamLeases;
	/** Our own file. */
	streams: Streams;
	/** Another one has taken the address. */
	onLost(): void;
	log: Logger;
	timing?: Partial<typeof TIMING>;
}

export function createStreamLease(options: StreamLeaseOptions): StreamLease {
	const { address, holder, leases, streams, onLost, log } = options;
	const timing = { ...TIMING, ...options.timing };
	const own = createLeaseBeat({ address, holder, leases, onLost, everyMs: timing.every, log });

	const keepInFile = (state: StreamState | undefined) =>
		state ? streams.save(address, state) : streams.forget(address);

	/** @returns what to resume, if the address could be taken now */
	async function takeFrom(
		seen: LeaseRow | undefined,
	): Promise<{ state: StreamState | undefined } | undefined> {
		if (!(await leases.take(address, holder, seen))) return undefined;
		// Our own file is written first.
		const state = seen && seen.holder !== holder ? seen.state : await streams.load(address);
		await keepInFile(state);
		own.hold(state);
		return { state };
	}

	return {
		async take(standby, signal) {
			if (own.isHeld() && (await own.beat().catch(() => true))) return "kept";
			const watch = createHolderWatch(timing.gone);
			let isFirst = true;
			while (!signal.aborted) {
				try {
					const seen = await leases.find(address);
					const stillMs = watch.see(seen);
					const isFree = !seen || seen.holder === holder || seen.beat === 0;
					if (isFree || stillMs >= timing.gone) {
						const taken = await takeFrom(seen);
						if (taken) return taken;
					}
					if (!isFree) standby();
				} catch {
					// A holder that lives cannot beat now either.
					watch.forget();
					const kept = isFirst ? await streams.load(address) : undefined;
					if (kept) {
						own.hold(kept, { isAssumed: true });
						return { state: kept };
					}
				}
				isFirst = false;
				await pause(timing.every, signal);
			}
			return undefined;
		},

		async isOurs(signal) {
			while (own.isHeld() && !signal.aborted) {
				try {
					return await own.beat();
				} catch {
					await pause(timing.every, signal);
				}
			}
			return own.isHeld();
		},

		async save(state) {
			if (!own.isHeld()) return;
			own.change(state);
			await keepInFile(state);
			await own.saved();
		},

		async leave() {
			if (own.release()) await leases.leave(address, holder).catch(() => {});
		},
	};
}
