/** Writes registrations that come from another app server, many in one transaction. */
import { and, eq, inArray, sql } from "drizzle-orm";
import type { LibSQLDatabase } from "drizzle-orm/libsql";
import type { Device, Dialect } from "../../types.ts";
import { formerSecrets, registrations } from "../schema.ts";

/** A registration as it was elsewhere, checked. */
export interface ImportedRegistration extends Device {
	/** The old node: its user's server goes on publishing to it. */
	node: string;
	/** Of the old secret (`Keyring.hashFormer`). */
	formerHash: string;
	owner: string;
	app: string;
	device: string;
	jid?: string;
	dialect?: Dialect;
	host?: string;
	/** As in `Registration`. */
	party?: string;
	/** Missing: not known, so it is now. */
	registeredAt?: number;
	/** Missing: not known, so it is now; and what is here already counts as newer. */
	renewedAt?: number;
	lastSuccessAt?: number;
}

/** What became of one; `refused` says why. */
export type ImportResult =
	| { kind: "imported" | "updated" | "unchanged" }
	| { kind: "refused"; reason: string };

const UNCHANGED: ImportResult = { kind: "unchanged" };

/** Ends a transaction that was a rehearsal. */
class DryRun extends Error {
	override name = "DryRun";
	readonly results: ImportResult[];

	constructor(results: ImportResult[]) {
		super("nothing is to be written");
		this.results = results;
	}
}

/**
 * Imports some, all or none. What is here and not older stays as it is, with the secret it has: importing twice
 * changes nothing, and undoes no renewal.
 * @param batch each node once
 * @param dryRun only finds out what would become of them
 * @returns one result for each, in their order
 */
export async function importRegistrations(
	primary: LibSQLDatabase,
	batch: readonly ImportedRegistration[],
	now: number,
	dryRun = false,
): Promise<ImportResult[]> {
	if (batch.length === 0) return [];
	try {
		return await primary.transaction(async (transaction) => {
			const results = await write(transaction, batch, now);
			if (dryRun) throw new DryRun(results);
			return results;
		});
	} catch (error) {
		if (error instanceof DryRun) return error.results;
		throw error;
	}
}

type Transaction = Parameters<Parameters<LibSQLDatabase["transaction"]>[0]>[0];

async function write(
	transaction: Transaction,
	batch: readonly ImportedRegistration[],
	now: number,
): Promise<ImportResult[]> {
	const nodes = batch.map(({ node }) => node);
	const { node, owner, app, renewedAt } = registrations;
	const here = await transaction
		.select({ node, owner, app, renewedAt })
		.from(registrations)
		.where(inArray(node, nodes));
	const known = new Map(here.map((row) => [row.node, row]));
	const former = await transaction
		.select({ node: formerSecrets.node })
		.from(formerSecrets)
		.where(inArray(formerSecrets.node, nodes));
	// A secret that is left without its registration: that was imported, and ended here.
	const ended = new Set(former.map((row) => row.node).filter((its) => !known.has(its)));

	const fresh = batch.filter((one) => !known.has(one.node) && !ended.has(one.node));
	const inserted = new Set<string>();
	if (fresh.length > 0) {
		const rows = await transaction
			.insert(registrations)
			.values(fresh.map((one) => rowOf(one, now)))
			.onConflictDoNothing()
			.returning({ node });
		for (const row of rows) inserted.add(row.node);
	}

	const results: ImportResult[] = [];
	for (const one of batch) {
		const row = known.get(one.node);
		if (inserted.has(one.node)) results.push({ kind: "imported" });
		else if (ended.has(one.node))
			results.push({ kind: "refused", reason: "ended here since it was imported" });
		else if (!row)
			results.push({ kind: "refused", reason: "its device is registered here already, with another node" });
		else if (row.app !== one.app)
			results.push({ kind: "refused", reason: "its node is taken by a registration of another app" });
		else if (one.renewedAt === undefined || one.renewedAt <= row.renewedAt || row.owner !== one.owner)
			results.push(UNCHANGED);
		else results.push((await update(transaction, one)) ? { kind: "updated" } : UNCHANGED);
	}
	const written = batch.filter((_, index) => ["imported", "updated"].includes(results[index]?.kind ?? ""));
	if (written.length > 0) {
		await transaction
			.insert(formerSecrets)
			.values(written.map((one) => ({ node: one.node, hash: one.formerHash })))
			.onConflictDoUpdate({ target: formerSecrets.node, set: { hash: sql`excluded.hash` } });
	}
	return results;
}

const deviceOf = (one: ImportedRegistration) => ({
	device: one.device,
	token: one.token,
	voipToken: one.voipToken ?? null,
	applicationId: one.applicationId ?? null,
	p256dh: one.p256dh ?? null,
	auth: one.auth ?? null,
	host: one.host ?? null,
});

function rowOf(one: ImportedRegistration, now: number): typeof registrations.$inferInsert {
	const { node, owner, app } = one;
	const registeredAt = one.registeredAt ?? one.renewedAt ?? now;
	return {
		node,
		owner,
		app,
		...deviceOf(one),
		jid: one.jid ?? null,
		dialect: one.dialect ?? null,
		party: one.party ?? null,
		registeredAt,
		renewedAt: one.renewedAt ?? registeredAt,
		lastSuccessAt: one.lastSuccessAt ?? null,
	};
}

/** The device went on using the other app server, and renewed there. False: what it has now is registered here. */
async function update(transaction: Transaction, one: ImportedRegistration): Promise<boolean> {
	const { owner, app, device, node } = one;
	const elsewhere = sql`not exists (select 1 from ${registrations} as "others" where "others"."owner" = ${owner}
		and "others"."app" = ${app} and "others"."device" = ${device} and "others"."node" <> ${node})`;
	const rows = await transaction
		.update(registrations)
		.set({
			...deviceOf(one),
			renewedAt: one.renewedAt ?? sql`${registrations.renewedAt}`,
			lastErrorAt: null,
			lastError: null,
		})
		.where(and(eq(registrations.node, node), elsewhere))
		.returning({ node: registrations.node });
	return rows.length > 0;
}
