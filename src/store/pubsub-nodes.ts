/**
 * Nodes at pubsub hosts. A registration claims one that is there already, so that an edge, which speaks no XMPP, can
 * register; a connector keeps some ready.
 */
import { and, asc, eq, gt, isNotNull, isNull, lt, sql } from "drizzle-orm";
import type { LibSQLDatabase } from "drizzle-orm/libsql";
import { facts, pubsubNodes, registrations } from "./schema.ts";

/** Nodes of one answer: a host may have a million, and an answer is bounded. */
const TOGETHER = 5_000;

/** A node that should be at its host. */
export interface PubsubNode {
	node: string;
	/** Whether the host is known to have had it. */
	isReady: boolean;
	/** The bare JID of whoever claimed it, where it is known. */
	owner?: string;
	/** The bare JID of the room whose messages it is for. */
	muc?: string;
}

export interface PubsubNodes {
	/**
	 * Whose our nodes at a host are: the account's that looked after them first, as long as there are any.
	 * @param account a bare JID, for a host that is nobody's yet
	 */
	keeper(host: string, account: string): Promise<string>;
	/** Takes a ready node for a registration. @returns undefined: none is ready */
	claim(host: string): Promise<string | undefined>;
	/** Notes a node that will be made; nobody can claim it yet. */
	add(host: string, node: string): Promise<void>;
	/** The host has it. */
	ready(node: string): Promise<void>;
	/** How many can be claimed. */
	countReady(host: string): Promise<number>;
	/** Whether this node should be at this host. */
	has(host: string, node: string): Promise<boolean>;
	/** All that should be there. */
	ofHost(host: string): Promise<PubsubNode[]>;
	/** Some that were claimed before `before` (ms), and are of no registration any more. */
	left(host: string, before: number): Promise<string[]>;
	remove(node: string): Promise<void>;
}

/** @param primary the database whose word counts: two must not claim one node */
export function createPubsubNodes(primary: LibSQLDatabase, now: () => number = Date.now): PubsubNodes {
	const free = (host: string) =>
		and(eq(pubsubNodes.host, host), isNull(pubsubNodes.claimedAt), isNotNull(pubsubNodes.readyAt));

	return {
		async keeper(host, account) {
			const fact = { name: `pubsub-account ${host}`, value: account };
			const [some] = await primary
				.select({ node: pubsubNodes.node })
				.from(pubsubNodes)
				.where(eq(pubsubNodes.host, host))
				.limit(1);
			const change = { target: facts.name, set: { value: some ? sql`${facts.value}` : account } };
			const [kept] = await primary.insert(facts).values(fact).onConflictDoUpdate(change).returning();
			return kept?.value ?? account;
		},

		async claim(host) {
			const one = primary.select({ node: pubsubNodes.node }).from(pubsubNodes).where(free(host)).limit(1);
			const [claimed] = await primary
				.update(pubsubNodes)
				.set({ claimedAt: now() })
				.where(eq(pubsubNodes.node, sql`(${one})`))
				.returning({ node: pubsubNodes.node });
			return claimed?.node;
		},

		async add(host, node) {
			await primary.insert(pubsubNodes).values({ node, host });
		},

		async ready(node) {
			await primary.update(pubsubNodes).set({ readyAt: now() }).where(eq(pubsubNodes.node, node));
		},

		async countReady(host) {
			const row = await primary
				.select({ count: sql<number>`count(*)` })
				.from(pubsubNodes)
				.where(free(host))
				.get();
			return row?.count ?? 0;
		},

		async has(host, node) {
			const one = and(eq(pubsubNodes.node, node), eq(pubsubNodes.host, host));
			const rows = await primary.select({ node: pubsubNodes.node }).from(pubsubNodes).where(one);
			return rows.length > 0;
		},

		async ofHost(host) {
			const all: PubsubNode[] = [];
			for (let after = "", more = true; more; ) {
				const rows = await primary
					.select({
						node: pubsubNodes.node,
						readyAt: pubsubNodes.readyAt,
						owner: registrations.owner,
						muc: registrations.muc,
					})
					.from(pubsubNodes)
					.leftJoin(registrations, eq(registrations.node, pubsubNodes.node))
					.where(and(eq(pubsubNodes.host, host), gt(pubsubNodes.node, after)))
					.orderBy(asc(pubsubNodes.node))
					.limit(TOGETHER);
				for (const { node, readyAt, owner, muc } of rows) {
					all.push({ node, isReady: readyAt !== null, ...(owner && { owner }), ...(muc && { muc }) });
				}
				more = rows.length === TOGETHER;
				after = rows.at(-1)?.node ?? "";
			}
			return all;
		},

		async left(host, before) {
			const rows = await primary
				.select({ node: pubsubNodes.node })
				.from(pubsubNodes)
				.leftJoin(registrations, eq(registrations.node, pubsubNodes.node))
				.where(and(eq(pubsubNodes.host, host), lt(pubsubNodes.claimedAt, before), isNull(registrations.node)))
				.limit(TOGETHER);
			return rows.map(({ node }) => node);
		},

		async remove(node) {
			await primary.delete(pubsubNodes).where(eq(pubsubNodes.node, node));
		},
	};
}
