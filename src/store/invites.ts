/**
 * Invites: leave to register that an operator gives away. Their secrets are not here, only hashes: whoever reads the
 * database registers nobody.
 */
import { and, desc, eq, gt, inArray, isNull, lt, or, type SQL, sql } from "drizzle-orm";
import type { LibSQLDatabase } from "drizzle-orm/libsql";
import { registrationBounds } from "../limits/bounds/registrations.ts";
import { hexOf } from "../syntax/hex.ts";
import type { InviteSecret } from "../syntax/invite-secret.ts";
import { present } from "../syntax/present-fields.ts";
import { invites } from "./schema.ts";

/** Times are ms since the epoch. */
export interface Invite {
	/** What it is called by: it opens nothing. */
	id: string;
	name?: string;
	/** The bare JID or the domain that it is for; missing: for anybody. */
	onlyFor?: string;
	/** How many registrations it lets in. */
	uses: number;
	used: number;
	madeAt: number;
	endsAt: number;
	revokedAt?: number;
}

/** Why an invite lets nobody in. */
export type InviteRefusal = "unknown" | "revoked" | "for-others" | "ended" | "used-up";

export interface Invites {
	/** @returns false: there are as many as may be */
	make(
		invite: Pick<Invite, "id" | "name" | "onlyFor" | "uses" | "endsAt">,
		secrets: { link: string; code: string },
	): Promise<boolean>;
	/** All that are kept, the newest first. */
	list(): Promise<Invite[]>;
	/** @returns false: there is none, or it was revoked before */
	revoke(id: string): Promise<boolean>;
	/**
	 * Uses an invite once more. Of several that want its last use one gets it.
	 * @param whoever a bare JID and its domain; empty: nobody vouches for who asks
	 * @returns the invite's id, or why not
	 */
	use(secret: InviteSecret, whoever: readonly string[]): Promise<{ id: string } | InviteRefusal>;
	/** The id of an invite that may be shown again by whom it let in: it was not revoked. */
	shownAgain(secret: InviteSecret): Promise<string | undefined>;
	/** Whether any of these lets in still whom it let in: it was not revoked. */
	anyStands(ids: readonly string[]): Promise<boolean>;
	/** A use came to nothing. */
	giveBack(id: string): Promise<void>;
	/** What people call them: the name, or the id. */
	names(ids: readonly string[]): Promise<ReadonlyMap<string, string>>;
}

/** A code has 60 bits: each guess at its hash, by who reads the database, takes this many times as long. */
const ROUNDS = 10_000;
const SALT = new TextEncoder().encode("reveille invite");

/** @returns PBKDF2 with SHA-256 (RFC 8018 §5.2), hexadecimal */
export async function hashOfInvite(secret: string): Promise<string> {
	const key = await crypto.subtle.importKey("raw", new TextEncoder().encode(secret), "PBKDF2", false, [
		"deriveBits",
	]);
	const bits = await crypto.subtle.deriveBits(
		{ name: "PBKDF2", hash: "SHA-256", salt: SALT, iterations: ROUNDS },
		key,
		256,
	);
	return hexOf(new Uint8Array(bits));
}

/** @param db the primary: a use must be seen by all at once */
export function createInvites(db: LibSQLDatabase, now: () => number = Date.now): Invites {
	const { id, onlyFor, uses, used, madeAt, endsAt, revokedAt } = invites;

	const isOf = async ({ kind, secret }: InviteSecret): Promise<SQL> =>
		eq(kind === "link" ? invites.linkHash : invites.codeHash, await hashOfInvite(secret));

	/** Those that ended longest ago make room. */
	const makeRoom = () =>
		db
			.delete(invites)
			.where(
				and(
					lt(endsAt, now()),
					sql`${id} NOT IN (SELECT id FROM invites ORDER BY made_at DESC LIMIT ${registrationBounds.invites.is - 1})`,
				),
			);

	return {
		async make(invite, { link, code }) {
			const [linkHash, codeHash] = await Promise.all([hashOfInvite(link), hashOfInvite(code)]);
			await makeRoom();
			const made = await db.all(
				sql`INSERT INTO invites (id, name, link_hash, code_hash, only_for, uses, made_at, ends_at)
					SELECT ${invite.id}, ${invite.name ?? null}, ${linkHash}, ${codeHash}, ${invite.onlyFor ?? null},
						${invite.uses}, ${now()}, ${invite.endsAt}
					WHERE (SELECT count(*) FROM invites) < ${registrationBounds.invites.is} RETURNING id`,
			);
			return made.length > 0;
		},

		async list() {
			const rows = await db.select().from(invites).orderBy(desc(madeAt), desc(id));
			return rows.map((row) => present(row, "linkHash", "codeHash"));
		},

		async revoke(wanted) {
			const revoked = await db
				.update(invites)
				.set({ revokedAt: now() })
				.where(and(eq(id, wanted), isNull(revokedAt)))
				.returning({ id });
			return revoked.length > 0;
		},

		async use(secret, whoever) {
			const isIt = await isOf(secret);
			const fits = whoever.length > 0 ? or(isNull(onlyFor), inArray(onlyFor, [...whoever])) : isNull(onlyFor);
			// One statement: of two at once that want the last use, one gets it.
			const [taken] = await db
				.update(invites)
				.set({ used: sql`${used} + 1` })
				.where(and(isIt, isNull(revokedAt), gt(endsAt, now()), lt(used, uses), fits))
				.returning({ id });
			if (taken) return taken;
			const [known] = await db.select().from(invites).where(isIt);
			if (!known) return "unknown";
			if (known.revokedAt !== null) return "revoked";
			if (known.onlyFor !== null && !whoever.includes(known.onlyFor)) return "for-others";
			return known.endsAt <= now() ? "ended" : "used-up";
		},

		async shownAgain(secret) {
			const [known] = await db
				.select({ id })
				.from(invites)
				.where(and(await isOf(secret), isNull(revokedAt)));
			return known?.id;
		},

		async anyStands(ids) {
			if (ids.length === 0) return false;
			const standing = await db
				.select({ id })
				.from(invites)
				.where(and(inArray(id, [...ids]), isNull(revokedAt)))
				.limit(1);
			return standing.length > 0;
		},

		async giveBack(wanted) {
			await db
				.update(invites)
				.set({ used: sql`max(0, ${used} - 1)` })
				.where(eq(id, wanted));
		},

		async names(ids) {
			if (ids.length === 0) return new Map();
			const rows = await db
				.select({ id, name: invites.name })
				.from(invites)
				.where(inArray(id, [...ids]));
			return new Map(rows.map((row) => [row.id, row.name ?? row.id]));
		},
	};
}
