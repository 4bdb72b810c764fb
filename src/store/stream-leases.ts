/** Which connector of several holds an account's address, in the shared database, with its stream's state. */
import { and, eq, sql } from "drizzle-orm";
import type { LibSQLDatabase } from "drizzle-orm/libsql";
import type { StreamState } from "./local/streams.ts";
import { streamLeases } from "./schema.ts";

/** The database's word on one address. */
export interface LeaseRow {
	/** Whoever has it, or had it last. */
	holder: string;
	/** 0: the holder left. */
	beat: number;
	state: StreamState | undefined;
}

export interface StreamLeases {
	find(address: string): Promise<LeaseRow | undefined>;
	/**
	 * Takes an address, if it is still as it was seen: of two who try, one succeeds.
	 * @param seen undefined: nobody ever had it
	 */
	take(address: string, holder: string, seen: LeaseRow | undefined): Promise<boolean>;
	/**
	 * Says that the holder lives, and what it takes to resume its stream. A count never goes back: a slow write may
	 * arrive after a later one.
	 * @returns false: another one has the address
	 */
	beat(address: string, holder: string, state: StreamState | undefined): Promise<boolean>;
	/** Leaves the address to whoever stands by. */
	leave(address: string, holder: string): Promise<void>;
}

export function createStreamLeases(db: LibSQLDatabase): StreamLeases {
	const heldBy = (address: string, holder: string) =>
		and(eq(streamLeases.address, address), eq(streamLeases.holder, holder));

	return {
		async find(address) {
			const row = await db.select().from(streamLeases).where(eq(streamLeases.address, address)).get();
			if (!row) return undefined;
			const { holder, beat, id, inbound } = row;
			return { holder, beat, state: id === null ? undefined : { id, inbound, jid: address } };
		},

		async take(address, holder, seen) {
			const taken = seen
				? await db
						.update(streamLeases)
						.set({ holder, beat: seen.beat + 1 })
						.where(and(heldBy(address, seen.holder), eq(streamLeases.beat, seen.beat)))
						.returning({ holder: streamLeases.holder })
				: await db
						.insert(streamLeases)
						.values({ address, holder, beat: 1 })
						.onConflictDoNothing()
						.returning({ holder: streamLeases.holder });
			return taken.length > 0;
		},

		async beat(address, holder, state) {
			const id = state?.id ?? null;
			const inbound = state?.inbound ?? 0;
			const kept = await db
				.update(streamLeases)
				.set({
					beat: sql`${streamLeases.beat} + 1`,
					id,
					inbound: sql`CASE WHEN ${streamLeases.id} = ${id} THEN max(${streamLeases.inbound}, ${inbound}) ELSE ${inbound} END`,
				})
				.where(heldBy(address, holder))
				.returning({ holder: streamLeases.holder });
			return kept.length > 0;
		},

		async leave(address, holder) {
			await db.update(streamLeases).set({ beat: 0 }).where(heldBy(address, holder));
		},
	};
}
