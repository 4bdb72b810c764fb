/** Facts about the shared database: which keys its registrations were made with. */
import { eq } from "drizzle-orm";
import type { LibSQLDatabase } from "drizzle-orm/libsql";
import type { Keyring } from "../secrets.ts";
import { facts } from "./schema.ts";

const FINGERPRINT = "secret-key-fingerprint";
const VAPID = "vapid-public-key";

/** A key that does not belong to this database, with what to do. */
export class WrongKey extends Error {
	override name = "WrongKey";
}

/** Writes a fact if it is not there. @returns what the database says: of two first starts at once, one writes */
async function settle(db: LibSQLDatabase, name: string, value: string): Promise<string> {
	await db.insert(facts).values({ name, value }).onConflictDoNothing();
	const [fact] = await db.select().from(facts).where(eq(facts.name, name));
	return fact?.value ?? value;
}

/**
 * Refuses a key that the registrations were not made with: with it, every publish would look like one with a
 * wrong secret, and the users' servers would drop all registrations.
 *
 * The first start writes the key's fingerprint; a start with a new key and the old one beside it replaces it.
 * @throws {WrongKey}
 */
export async function checkSecretKey(db: LibSQLDatabase, keyring: Keyring): Promise<void> {
	const fingerprint = await settle(db, FINGERPRINT, keyring.fingerprint);
	if (fingerprint === keyring.fingerprint) return;
	if (keyring.oldFingerprints.includes(fingerprint)) {
		await db.update(facts).set({ value: keyring.fingerprint }).where(eq(facts.name, FINGERPRINT));
		return;
	}
	throw new WrongKey(
		"SECRET_KEY is not the key this database's registrations were made with. Give the right one, or keep the right one as SECRET_KEY_OLD beside the new one.",
	);
}

/**
 * Refuses another VAPID key than the one that browsers subscribed with: their push services would refuse every push.
 * @param publicKey base64url
 * @throws {WrongKey}
 */
export async function checkVapidKey(db: LibSQLDatabase, publicKey: string): Promise<void> {
	if ((await settle(db, VAPID, publicKey)) === publicKey) return;
	throw new WrongKey(
		`The VAPID key is not the one this database's browsers subscribed with. Give the right one (vapid.key of the old data folder) as VAPID_PRIVATE_KEY. To begin anew, with every browser subscribing again, delete the row ${VAPID} of the table facts.`,
	);
}
