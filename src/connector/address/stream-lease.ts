/**
 * A connector's hold on an account's address, where several processes have the same account and one database: one
 * is online, the others stand by, and the first of them that finds it gone takes over its stream.
 *
 * Nobody's clock is compared with another's: the holder's beat grows in the database, and whoever stands by watches
 * it. While the database is away nobody is held for gone, and the holder goes on.
 */

import type { Logger } from "@logtape/logtape";
import { about } from "../../messages/about.ts";
import { faultOf } from "../../store/database-fault.ts";
import type { StreamState, Streams } from "../../store/local/streams.ts";
import type { LeaseRow, StreamLeases } from "../../store/stream-leases.ts";
import { pause } from "../pause.ts";

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
	let isHeld = false;
	/** We go on from our file, since the database was away when we started. */
	let isAssumed = false;
	let current: StreamState | undefined;
	/** The database lacks the latest count. */
	let isBehind = false;
	let beating: ReturnType<typeof setInterval> | undefined;

	function hold(state: StreamState | undefined) {
		isHeld = true;
		current = state;
		clearInterval(beating);
		beating = setInterval(() => void beat().catch(() => {}), timing.every);
	}

	function lose() {
		if (!isHeld) return;
		isHeld = false;
		isAssumed = false;
		clearInterval(beating);
		onLost();
	}

	/** @returns false if it is another's. @throws when the database is away */
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

	/** @returns what to resume, if the address could be taken now */
	async function takeFrom(
		seen: LeaseRow | undefined,
	): Promise<{ state: StreamState | undefined } | undefined> {
		if (!(await leases.take(address, holder, seen))) return undefined;
		// Our own file is written first.
		const state = seen && seen.holder !== holder ? seen.state : await streams.load(address);
		if (state) await streams.save(address, state);
		else await streams.forget(address);
		hold(state);
		return { state };
	}

	return {
		async take(standby, signal) {
			if (isHeld && (await beat().catch(() => true))) return "kept";
			let watched: { row: LeaseRow; stillMs: number } | undefined;
			let lookedAt = performance.now();
			let isFirst = true;
			while (!signal.aborted) {
				try {
					const seen = await leases.find(address);
					const now = performance.now();
					// More is a pause of this process, or of the whole machine: the holder could not beat then either.
					const sinceLook = Math.min(now - lookedAt, timing.gone / 2);
					lookedAt = now;
					const isSame = watched && seen?.holder === watched.row.holder && seen.beat === watched.row.beat;
					watched = seen && { row: seen, stillMs: isSame && watched ? watched.stillMs + sinceLook : 0 };
					const isFree = !seen || seen.holder === holder || seen.beat === 0;
					if (isFree || (watched?.stillMs ?? 0) >= timing.gone) {
						const taken = await takeFrom(seen);
						if (taken) return taken;
					}
					if (!isFree) standby();
				} catch {
					// A holder that lives cannot beat now either: it is watched anew.
					watched = undefined;
					const own = isFirst ? await streams.load(address) : undefined;
					if (own) {
						isAssumed = true;
						hold(own);
						return { state: own };
					}
				}
				isFirst = false;
				await pause(timing.every, signal);
			}
			return undefined;
		},

		async isOurs(signal) {
			while (isHeld && !signal.aborted) {
				try {
					return await beat();
				} catch {
					await pause(timing.every, signal);
				}
			}
			return isHeld;
		},

		async save(state) {
			if (!isHeld) return;
			current = state;
			await (state ? streams.save(address, state) : streams.forget(address));
			if (!isBehind) await beat().catch(() => {});
		},

		async leave() {
			clearInterval(beating);
			if (!isHeld) return;
			isHeld = false;
			await leases.leave(address, holder).catch(() => {});
		},
	};
}
