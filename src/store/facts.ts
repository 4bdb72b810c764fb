/** Facts about the shared database: which keys its registrations were made with, and others that are written once. */
import { eq, like } from "drizzle-orm";
import type { LibSQLDatabase } from "drizzle-orm/libsql";
import type { MessageId } from "../messages/table.ts";
import type { Keyring } from "../secrets.ts";
import { facts } from "./schema.ts";

const FINGERPRINT = "secret-key-fingerprint";
/** With the id of each key that was ever given; its value is since when, ms. */
const KEY = "secret-key ";
const VAPID = "vapid-public-key";

/** A key that does not belong to this database, with what to do. */
export class WrongKey extends Error {
	override name = "WrongKey";
	/** What `reveille explain` is asked for. */
	readonly id: MessageId;

	constructor(id: MessageId, message: string) {
		super(message);
		this.id = id;
	}
}

/** Writes a fact if it is not there. @returns what the database says: of two first starts at once, one writes */
export async function ensureFact(db: LibSQLDatabase, name: string, value: string): Promise<string> {
	await db.insert(facts).values({ name, value }).onConflictDoNothing();
	const [fact] = await db.select().from(facts).where(eq(facts.name, name));
	return fact?.value ?? value;
}

/** The keys that the registrations of a database may have been made with. */
export interface KnownKeys {
	/** The ids of all that were ever given. */
	ids: readonly string[];
	/** Since when the current one has been there, ms. */
	since: number;
}

/**
 * Refuses a key that the registrations were not made with: with it, every publish would look like one with a
 * wrong secret, and the users' servers would drop all registrations.
 *
 * The first start writes the key's fingerprint; a start with a new key and the old one beside it replaces it.
 * @throws {WrongKey}
 */
export async function checkSecretKey(
	db: LibSQLDatabase,
	keyring: Pick<Keyring, "fingerprint" | "oldFingerprints" | "ids">,
	now: () => number = Date.now,
): Promise<KnownKeys> {
	const at = now();
	const fingerprint = await ensureFact(db, FINGERPRINT, keyring.fingerprint);
	if (fingerprint !== keyring.fingerprint) {
		if (!keyring.oldFingerprints.includes(fingerprint)) throw new WrongKey("secret-key-other", WRONG_KEY);
		await db.update(facts).set({ value: keyring.fingerprint }).where(eq(facts.name, FINGERPRINT));
		const value = String(at);
		await db
			.insert(facts)
			.values({ name: KEY + keyring.ids[0], value })
			.onConflictDoUpdate({ target: facts.name, set: { value } });
	}
	return noteKeys(db, keyring.ids, at);
}

/**
 * Whether a key fits the database, without writing anything.
 * @returns `new`: the database knows none yet
 */
export async function secretKeyFit(
	db: LibSQLDatabase,
	keyring: Pick<Keyring, "fingerprint" | "oldFingerprints">,
): Promise<"same" | "changed" | "other" | "new"> {
	const known = await factOf(db, FINGERPRINT);
	if (known === undefined) return "new";
	if (known === keyring.fingerprint) return "same";
	return keyring.oldFingerprints.includes(known) ? "changed" : "other";
}

/** The same for the VAPID key. @param publicKey base64url */
export async function vapidKeyFit(db: LibSQLDatabase, publicKey: string): Promise<"same" | "other" | "new"> {
	const known = await factOf(db, VAPID);
	if (known === undefined) return "new";
	return known === publicKey ? "same" : "other";
}

async function factOf(db: LibSQLDatabase, name: string): Promise<string | undefined> {
	const [fact] = await db.select().from(facts).where(eq(facts.name, name));
	return fact?.value;
}

const WRONG_KEY =
	"SECRET_KEY is not the key this database's registrations were made with. (Where it is not set, it is the file " +
	"secret.key in DATA_DIR, made anew if it is missing.) Give the right one, or keep the right one as SECRET_KEY_OLD " +
	"beside the new one.";

async function noteKeys(db: LibSQLDatabase, given: readonly string[], now: number): Promise<KnownKeys> {
	const noted = () =>
		db
			.select()
			.from(facts)
			.where(like(facts.name, `${KEY}%`));
	let rows = await noted();
	const fresh = given.filter((id) => !rows.some(({ name }) => name === KEY + id));
	if (fresh.length > 0) {
		const values = fresh.map((id) => ({ name: KEY + id, value: String(now) }));
		await db.insert(facts).values(values).onConflictDoNothing();
		rows = await noted();
	}
	const since = new Map(rows.map(({ name, value }) => [name.slice(KEY.length), Number(value)]));
	return { ids: [...since.keys()], since: since.get(given[0] ?? "") ?? now };
}

/**
 * Refuses another VAPID key than the one that browsers subscribed with: their push services would refuse every push.
 * @param publicKey base64url
 * @throws {WrongKey}
 */
export async function checkVapidKey(db: LibSQLDatabase, publicKey: string): Promise<void> {
	if ((await ensureFact(db, VAPID, publicKey)) === publicKey) return;
	throw new WrongKey(
		"vapid-key-other",
		`The VAPID key is not the one this database's browsers subscribed with. Give the right one (vapid.key of the old data folder) as VAPID_PRIVATE_KEY. To begin anew, with every browser subscribing again, delete the row ${VAPID} of the table facts.`,
	);
}
