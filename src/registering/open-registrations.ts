/**
 * The registrations as all of a process use them: rows of the database, and around them what makes a row one
 * registration. Each layer calls the one within, and their order is part of what they promise.
 */
import type { Keyring } from "../secrets.ts";
import { type IdCheck, missedSurely } from "../store/database-id.ts";
import { followKeys } from "../store/registrations/key-change.ts";
import { createRegistrations, type Registrations } from "../store/registrations/registrations.ts";
import { announceEnds, type Ends } from "./registration-ends.ts";

type Rows = Parameters<typeof createRegistrations>;

export interface OpenRegistrationsOptions {
	/** The database whose word counts. */
	db: Rows[0];
	quotas: Rows[1];
	/** A replica to read from, what is waited for so that others gather, and whether there is room. */
	effects?: Rows[2];
	keys: Pick<Keyring, "underCurrentKey">;
	/** Of all keys that registrations may have been made with: asked once the database answered. */
	keyIds(): readonly string[];
	/** Whether the database is still the one that the process began with. Missing: that is checked elsewhere. */
	check?: IdCheck;
	/** Who hears of ends. Missing: nobody would. */
	ends?: Ends;
}

export function openRegistrations(options: OpenRegistrationsOptions): Registrations {
	const { db, quotas, effects, keys, keyIds, check, ends } = options;
	const rows = createRegistrations(db, quotas, effects);
	// Next to the rows: one that is not there under one key may be there under another, and only when all were looked
	// for is it missing.
	const ofAllKeys = followKeys(rows, keys, keyIds);
	// Around that, so that a miss of one key alone asks nothing, and after the last look, so that no other database can
	// have come between.
	const surelyMissed = check ? missedSurely(ofAllKeys, check) : ofAllKeys;
	// Outermost: what is told to have ended is what the layers within made of it, and was looked up by them.
	return ends ? announceEnds(surelyMissed, ends.tell) : surelyMissed;
}
