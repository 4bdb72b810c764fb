/**
 * What is to be enabled and disabled at the servers of one's own users, and how far that has come. Any process of the
 * database writes down what is to be done; a connector that has the permission does it.
 */
import { and, asc, count, eq, gt, inArray, isNull, lt, lte, ne, or, sql } from "drizzle-orm";
import type { LibSQLDatabase } from "drizzle-orm/libsql";
import { enablingBounds } from "../limits/bounds/enabling.ts";
import { cutTo } from "../limits/text-length.ts";
import { present } from "../syntax/present-fields.ts";
import type { Enabling } from "../types.ts";
import { enablings, registrations } from "./schema.ts";

/** One that something is to be done for. */
export interface OpenEnabling extends Enabling {
	/** The owner's. */
	domain: string;
	/** Since when it is tried, ms, and how often that was in vain. */
	triedSince: number;
	tries: number;
}

/** What becomes of one. */
export interface Settled extends Pick<Enabling, "state"> {
	reason?: string;
	/** When to try again, ms; missing: there is nothing more to do. */
	dueAt?: number;
}

/** What one process tries: for users of these domains, with an address of one of its components. */
export interface Looked {
	domains: readonly string[];
	/** Their domains. */
	components: readonly string[];
}

export interface Enablings {
	/**
	 * Writes down that push is to be enabled, before its registration is there.
	 * @returns false: the owner has as many as may be
	 */
	want(wanted: Pick<Enabling, "node" | "owner" | "jid">): Promise<boolean>;
	/** Its registration is there: it may be tried from now on. */
	ready(node: string): Promise<void>;
	/** Takes that back: there is no registration. */
	drop(node: string): Promise<void>;
	find(node: string): Promise<OpenEnabling | undefined>;
	ofOwner(owner: string): Promise<OpenEnabling[]>;
	/** Writes down that the servers are to be told that these ended. */
	end(nodes: readonly string[]): Promise<void>;
	/** What is to be tried now. */
	due(by: Looked, limit: number): Promise<OpenEnabling[]>;
	/** Has all that waits for a domain tried at once. */
	hurry(domain: string): Promise<void>;
	/** What came of a try, unless it was changed since. @returns whether it was not */
	settle(tried: OpenEnabling, to: Settled): Promise<boolean>;
	/** The server was told of the end, or need not be. Unless it was changed since. */
	done(tried: OpenEnabling): Promise<boolean>;
	/**
	 * Those that have no registration of this node, and did not change since `before` (ms), in the order of their nodes.
	 * @param after the node to begin behind
	 */
	withoutRegistration(before: number, after: string, limit: number): Promise<OpenEnabling[]>;
	/**
	 * What is to be done for too long, enabling since before `waiting`, disabling since before `ending` (ms).
	 * @param by whoever tries that anyway, when it is due
	 */
	overdue(before: { waiting: number; ending: number }, by: Looked, limit: number): Promise<OpenEnabling[]>;
	/** How many there are by the owners' domains; in no particular order. */
	countByDomain(): Promise<{ domain: string; count: number }[]>;
}

/** Nothing is tried before this, ms: its registration is written meanwhile, and whoever waits for it has it tried. */
const GRACE_MS = 30_000;

const { node: itsNode, owner: itsOwner, state: itsState, dueAt } = enablings;

/** @param primary the database whose word counts */
export const createEnablings = (primary: LibSQLDatabase, now: () => number = Date.now): Enablings => ({
	...createWrites(primary, now),
	...createReads(primary, now),
});

function createWrites(
	primary: LibSQLDatabase,
	now: () => number,
): Pick<Enablings, "want" | "ready" | "drop" | "end" | "hurry" | "settle" | "done"> {
	const unchanged = ({ node, state, since }: OpenEnabling) =>
		and(eq(itsNode, node), eq(itsState, state), eq(enablings.since, since));

	return {
		async want({ node, owner, jid }) {
			const [its] = await primary
				.select({ count: count() })
				.from(enablings)
				.where(and(eq(itsOwner, owner), ne(itsNode, node)));
			if ((its?.count ?? 0) >= enablingBounds.perOwner.is) return false;
			const at = now();
			const domain = owner.slice(owner.indexOf("@") + 1);
			const begun = { jid, state: "waiting", reason: null, tries: 0, dueAt: at + GRACE_MS } as const;
			await primary
				.insert(enablings)
				.values({ node, owner, domain, ...begun, since: at, triedSince: at })
				.onConflictDoUpdate({
					target: itsNode,
					// Never stands still: what was tried before must not settle this.
					set: { ...begun, triedSince: at, since: sql`max(${at}, ${enablings.since} + 1)` },
				});
			return true;
		},

		async ready(node) {
			const isNew = and(eq(itsNode, node), eq(itsState, "waiting"), eq(enablings.tries, 0));
			await primary.update(enablings).set({ dueAt: now() }).where(isNew);
		},

		async drop(node) {
			await primary.delete(enablings).where(eq(itsNode, node));
		},

		async end(nodes) {
			const at = now();
			await primary
				.update(enablings)
				.set({
					state: "ending",
					reason: null,
					tries: 0,
					dueAt: at,
					triedSince: at,
					since: sql`max(${at}, ${enablings.since} + 1)`,
				})
				.where(and(inArray(itsNode, [...nodes]), ne(itsState, "ending")));
		},

		async hurry(domain) {
			const at = now();
			await primary
				.update(enablings)
				.set({ dueAt: at })
				// What has not begun yet is about to be tried.
				.where(and(eq(enablings.domain, domain), gt(dueAt, at), gt(enablings.tries, 0)));
		},

		async settle(tried, { state, reason, dueAt: next }) {
			const at = now();
			const isSame = state === tried.state;
			const settled = await primary
				.update(enablings)
				.set({
					state,
					reason: reason === undefined ? null : cutTo(reason, enablingBounds.reason.is),
					tries: next === undefined ? 0 : tried.tries + 1,
					dueAt: next ?? null,
					since: isSame ? tried.since : Math.max(at, tried.since + 1),
					triedSince: isSame ? tried.triedSince : at,
				})
				.where(unchanged(tried))
				.returning({ node: itsNode });
			return settled.length > 0;
		},

		async done(tried) {
			const gone = await primary.delete(enablings).where(unchanged(tried)).returning({ node: itsNode });
			return gone.length > 0;
		},
	};
}

function createReads(
	primary: LibSQLDatabase,
	now: () => number,
): Pick<Enablings, "find" | "ofOwner" | "due" | "withoutRegistration" | "overdue" | "countByDomain"> {
	return {
		async find(node) {
			const [row] = await primary.select().from(enablings).where(eq(itsNode, node));
			return row && toEnabling(row);
		},

		async ofOwner(owner) {
			const rows = await primary
				.select()
				.from(enablings)
				.where(eq(itsOwner, owner))
				.orderBy(asc(enablings.since));
			return rows.map(toEnabling);
		},

		async due(by, limit) {
			if (by.domains.length === 0) return [];
			const rows = await primary
				.select()
				.from(enablings)
				.where(and(isLookedAt(by), lte(dueAt, now())))
				.orderBy(asc(dueAt))
				.limit(limit);
			return rows.map(toEnabling);
		},

		async withoutRegistration(before, after, limit) {
			const rows = await primary
				.select({ its: enablings })
				.from(enablings)
				.leftJoin(registrations, eq(registrations.node, itsNode))
				.where(
					and(
						isNull(registrations.node),
						ne(itsState, "ending"),
						gt(itsNode, after),
						lt(enablings.since, before),
					),
				)
				.orderBy(asc(itsNode))
				.limit(limit);
			return rows.map(({ its }) => toEnabling(its));
		},

		async overdue(before, by, limit) {
			const since = (state: "waiting" | "ending") =>
				and(eq(itsState, state), lt(enablings.triedSince, before[state]));
			const rows = await primary
				.select()
				.from(enablings)
				.where(and(or(since("waiting"), since("ending")), sql`not ${isLookedAt(by)}`))
				.limit(limit);
			return rows.map(toEnabling);
		},

		async countByDomain() {
			return primary
				.select({ domain: enablings.domain, count: count() })
				.from(enablings)
				.groupBy(enablings.domain);
		},
	};
}

/** Of a component's address any name before the `@` is its own. */
const isLookedAt = ({ domains, components }: Looked) =>
	and(
		inArray(enablings.domain, [...domains]),
		inArray(sql`substr(${enablings.jid}, instr(${enablings.jid}, '@') + 1)`, [...components]),
	);

const toEnabling = (row: typeof enablings.$inferSelect): OpenEnabling => present(row, "dueAt");
