/** Looks registrations up: at a replica where old data does no harm, and at the primary otherwise. */
import { and, eq, isNotNull, sql } from "drizzle-orm";
import type { LibSQLDatabase } from "drizzle-orm/libsql";
import type { Registration } from "../../types.ts";
import { registrations } from "../schema.ts";
import { createBatchLookup, type LookupEffects } from "./batch-lookup.ts";
import type { Learning, Nearby } from "./replica-overlay.ts";
import { type NewRegistration, toRegistration } from "./row.ts";

export interface Lookup {
	/** Reads at the replica, if there is one: it may lack a row, or have an old token. */
	find(node: string): Promise<Registration | undefined>;
	/** Reads at the primary. No registration is reported as gone before this was asked. */
	findAtPrimary(node: string): Promise<Registration | undefined>;
	/** Reads at the primary what makes a registration unique. */
	findDevice(owner: string, app: string, device: string): Promise<Registration | undefined>;
	/** Whether a device of a party was ever reached. Reads at the replica, and only the party's oldest registrations. */
	isProven(party: string): Promise<boolean>;
}

/** How many registrations of a party are looked at, the oldest first. */
const LOOKED_AT = 1_000;

/** The condition that a row is this device's. At most one row is. */
export const isOfDevice = ({ owner, app, device }: Pick<NewRegistration, "owner" | "app" | "device">) =>
	and(eq(registrations.owner, owner), eq(registrations.app, app), eq(registrations.device, device));

/**
 * @param options.nearby reads at the replica; undefined: there is none
 * @param options.nearbyDatabase the replica, or the primary
 * @param options.effects how look-ups at the primary are made
 */
export function createLookup(
	primary: LibSQLDatabase,
	learning: Learning,
	{
		nearby,
		nearbyDatabase,
		effects,
	}: {
		nearby: Pick<Nearby, "find"> | undefined;
		nearbyDatabase: LibSQLDatabase;
		effects: LookupEffects;
	},
): Lookup {
	const atPrimary = createBatchLookup(primary, effects);
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
			// Somebody who makes thousands at a domain makes them after the real ones.
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
