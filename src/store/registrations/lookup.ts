/** Looks registrations up: nearby where being a little behind does no harm, at the primary where its word counts. */
import { and, eq, isNotNull, sql } from "drizzle-orm";
import type { LibSQLDatabase } from "drizzle-orm/libsql";
import type { Registration } from "../../types.ts";
import { registrations } from "../schema.ts";
import { createFinder } from "./batch-lookup.ts";
import type { Learning, Nearby } from "./replica-overlay.ts";
import { type NewRegistration, toRegistration } from "./row.ts";

export interface Lookup {
	/** Reads nearby: a replica may lack a row, or hold an old token. */
	find(node: string): Promise<Registration | undefined>;
	/** Reads at the primary: asked before anything is said to be gone. */
	findAtPrimary(node: string): Promise<Registration | undefined>;
	/** Reads at the primary what makes a registration unique. */
	findDevice(owner: string, app: string, device: string): Promise<Registration | undefined>;
	/** Whether a device of a party was ever reached: reads nearby, and the oldest of its registrations alone. */
	isProven(party: string): Promise<boolean>;
}

/** Of how many registrations of a party it is looked whether they were reached. */
const LOOKED_AT = 1_000;

/** The condition that a row is of this device: there is one such at the most. */
export const isOfDevice = ({ owner, app, device }: Pick<NewRegistration, "owner" | "app" | "device">) =>
	and(eq(registrations.owner, owner), eq(registrations.app, app), eq(registrations.device, device));

/**
 * @param options.nearby reads at the replica; undefined: there is none
 * @param options.nearbyDatabase the replica, or the primary
 * @param options.turn how long look-ups gather that are made together; undefined: each is made by itself
 */
export function createLookup(
	primary: LibSQLDatabase,
	learning: Learning,
	{
		nearby,
		nearbyDatabase,
		turn,
	}: {
		nearby: Pick<Nearby, "find"> | undefined;
		nearbyDatabase: LibSQLDatabase;
		turn: (() => Promise<void>) | undefined;
	},
): Lookup {
	const atPrimary = createFinder(primary, turn);
	return {
		find: nearby?.find ?? atPrimary,

		async findAtPrimary(node) {
			const found = await atPrimary(node);
			learning.node(node, found);
			return found;
		},

		async findDevice(owner, app, device) {
			const row = await primary.select().from(registrations).where(isOfDevice({ owner, app, device })).get();
			return row && toRegistration(row);
		},

		async isProven(party) {
			const { lastSuccessAt } = registrations;
			// Whoever makes thousands at a domain makes them after those that are woken there.
			const oldest = nearbyDatabase
				.select({ lastSuccessAt })
				.from(registrations)
				.where(eq(registrations.party, party))
				.limit(LOOKED_AT)
				.as("oldest");
			const reached = await nearbyDatabase
				.select({ one: sql`1` })
				.from(oldest)
				.where(isNotNull(oldest.lastSuccessAt))
				.limit(1);
			return reached.length > 0;
		},
	};
}
