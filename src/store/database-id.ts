/**
 * Which database this is. One that lost its data, or another that took its place, knows nobody: whoever publishes
 * would hear that his registration is gone, and his server would drop it. So a database has an id, which its copies
 * and backups have too, and nothing is said to be gone by a database with another one.
 */
import { eq } from "drizzle-orm";
import type { LibSQLDatabase } from "drizzle-orm/libsql";
import { UnfitDatabase } from "./database-fault.ts";
import { ensureFact } from "./facts.ts";
import type { PubsubNodes } from "./pubsub-nodes.ts";
import type { Registrations } from "./registrations/registrations.ts";
import { facts } from "./schema.ts";

const ID = "database-id";

/** The database is not the one that it was, or has lost what it had. */
export class OtherDatabase extends UnfitDatabase {
	override name = "OtherDatabase";
}

/** @returns undefined: it has none, since no process of this version has started with it */
export async function idOf(db: LibSQLDatabase): Promise<string | undefined> {
	const [fact] = await db.select().from(facts).where(eq(facts.name, ID));
	return fact?.value;
}

/** @returns the database's id; one that has none is given one */
export const ensureId = (db: LibSQLDatabase): Promise<string> => ensureFact(db, ID, crypto.randomUUID());

/** Asks the primary whether it is still the database that this process began with. @throws {OtherDatabase} */
export type IdCheck = () => Promise<void>;

/**
 * @param id the id that the database must have; undefined: it could not be asked yet, and will be with the first check
 */
export function createIdCheck(primary: LibSQLDatabase, id: string | undefined): IdCheck {
	let known = id;
	return async () => {
		known ??= await ensureId(primary);
		if ((await idOf(primary)) === known) return;
		throw new OtherDatabase(
			"The database is not the one that this process began with: its data were lost or replaced. Nobody is said to be unknown. Restore its backup; or, if another one was meant, start Reveille again.",
		);
	};
}

/**
 * @param check made whenever a registration is not there: after the look, so that no other database can have come
 *   between
 * @returns the registrations; of one that is missing in another database nothing is said
 */
export function missedSurely<Some extends Pick<Registrations, "findAtPrimary" | "renew">>(
	registrations: Some,
	check: IdCheck,
): Some {
	return {
		...registrations,
		async findAtPrimary(node) {
			const found = await registrations.findAtPrimary(node);
			if (!found) await check();
			return found;
		},
		async renew(...device) {
			const renewed = await registrations.renew(...device);
			if (!renewed) await check();
			return renewed;
		},
	};
}

/** @returns the nodes: what a host has beside them is removed there, which another database must not have us do */
export function nodesSurely(nodes: PubsubNodes, check: IdCheck): PubsubNodes {
	return {
		...nodes,
		async ofHost(host) {
			const all = await nodes.ofHost(host);
			await check();
			return all;
		},
	};
}
