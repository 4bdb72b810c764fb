/**
 * The registration tokens of a database: what registering over HTTP asks for. All processes of the database take the
 * same ones. Only their hashes are here: a token is shown once, when it is made.
 */
import { desc, gt, isNull, or, sql } from "drizzle-orm";
import type { LibSQLDatabase } from "drizzle-orm/libsql";
import { registrationBounds } from "../limits/bounds/registrations.ts";
import { hexOf } from "../syntax/hex.ts";
import { registrationTokens } from "./schema.ts";

/** A token that works, or did when it was read. */
export interface LivingToken {
	/** {@link hashOfToken}. */
	hash: string;
	/** From when on it is refused, ms; null: that is not settled. */
	endsAt: number | null;
}

export interface RegistrationTokens {
	/** The tokens that work, the newest first; no more than the bound of them. */
	living(): Promise<LivingToken[]>;
	/** Makes the first token. @returns false: the database has or had one, and nothing was done */
	makeFirst(hash: string): Promise<boolean>;
	/**
	 * Takes in a token that a process has in a file of its own, so that the others take it too.
	 * @returns whether it works: one that ended stays ended
	 */
	adopt(hash: string): Promise<boolean>;
	/** Makes a new token. @param endsAt when those end that work now, if they do not end sooner, ms */
	renew(hash: string, endsAt: number): Promise<void>;
}

/** Tokens are random and long: nobody finds one by trying out hashes. @returns SHA-256, hexadecimal */
export async function hashOfToken(token: string): Promise<string> {
	const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(token));
	return hexOf(new Uint8Array(digest));
}

/** @param db the primary: a replica may lack a token that was made just now, and have one that ended */
export function createRegistrationTokens(
	db: LibSQLDatabase,
	now: () => number = Date.now,
): RegistrationTokens {
	const { hash: ofHash, madeAt, endsAt: ends } = registrationTokens;
	const works = () => or(isNull(ends), gt(ends, now()));

	async function living(): Promise<LivingToken[]> {
		return db
			.select({ hash: ofHash, endsAt: ends })
			.from(registrationTokens)
			.where(works())
			.orderBy(desc(madeAt), desc(ofHash))
			.limit(registrationBounds.tokens.is);
	}

	return {
		living,

		async makeFirst(hash) {
			// One statement: of two first starts at once, one makes it.
			const made = await db.all(
				sql`INSERT INTO registration_tokens (hash, made_at) SELECT ${hash}, ${now()} WHERE NOT EXISTS (SELECT 1 FROM registration_tokens) RETURNING hash`,
			);
			return made.length > 0;
		},

		async adopt(hash) {
			await db.insert(registrationTokens).values({ hash, madeAt: now() }).onConflictDoNothing();
			return (await living()).some((token) => token.hash === hash);
		},

		async renew(hash, endsAt) {
			await db.batch([
				db
					.update(registrationTokens)
					.set({ endsAt })
					.where(or(isNull(ends), gt(ends, endsAt))),
				db.insert(registrationTokens).values({ hash, madeAt: now() }),
			]);
		},
	};
}
