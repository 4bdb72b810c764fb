/** Facts about the shared database: which key the secrets of its registrations are derived from. */
import { eq } from "drizzle-orm";
import type { LibSQLDatabase } from "drizzle-orm/libsql";
import type { Keyring } from "../secrets.ts";
import { facts } from "./schema.ts";

const FINGERPRINT = "secret-key-fingerprint";

export class WrongSecretKey extends Error {
	override name = "WrongSecretKey";
}

/**
 * Refuses a key that the registrations were not made with: with it, every publish would look like one with a
 * wrong secret, and the users' servers would drop all registrations.
 *
 * The first start writes the key's fingerprint; a start with a new key and the old one beside it replaces it.
 * @throws {WrongSecretKey}
 */
export async function checkSecretKey(db: LibSQLDatabase, keyring: Keyring): Promise<void> {
	// Two first starts at once: one writes, both read.
	await db.insert(facts).values({ name: FINGERPRINT, value: keyring.fingerprint }).onConflictDoNothing();
	const [fact] = await db.select().from(facts).where(eq(facts.name, FINGERPRINT));
	if (fact?.value === keyring.fingerprint) return;
	if (fact && keyring.oldFingerprints.includes(fact.value)) {
		await db.update(facts).set({ value: keyring.fingerprint }).where(eq(facts.name, FINGERPRINT));
		return;
	}
	throw new WrongSecretKey(
		"SECRET_KEY is not the key this database's registrations were made with. Give the right one, or keep the right one as SECRET_KEY_OLD beside the new one.",
	);
}
