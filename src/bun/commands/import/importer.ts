/** Takes what a reader found into the database, many in one transaction. */
import type { LibSQLDatabase } from "drizzle-orm/libsql";
import { createAppChoice } from "../../../registering/app-choice.ts";
import { faultOf } from "../../../store/database-fault.ts";
import {
	type ImportedRegistration,
	type ImportResult,
	importRegistrations,
} from "../../../store/registrations/import.ts";
import type { App } from "../../../types.ts";
import { StartError } from "../../start-error.ts";
import { type CheckingDeps, check, Unfit } from "./check.ts";
import type { Found } from "./found-registration.ts";

export interface ImporterDeps extends Omit<CheckingDeps, "now" | "only" | "choice"> {
	apps: readonly App[];
	db: LibSQLDatabase;
	now(): number;
}

/** How an import goes. */
export interface ImportOrder {
	/** For their services, in place of the first app of each. */
	apps: readonly string[];
	dryRun: boolean;
}

/**
 * Takes some, all or none.
 * @returns what became of each, in their order
 * @throws {StartError} where the database fails
 */
export type Take = (batch: readonly Found[]) => Promise<readonly ImportResult[]>;

/** @throws {StartError} for an app that is not here */
export function createImporter(deps: ImporterDeps, { apps: names, dryRun }: ImportOrder): Take {
	const { db, now } = deps;
	const named = names.map((name) => appCalled(name, deps.apps));
	const choice = createAppChoice(deps.apps, named);
	const only = named.length === 1 ? named[0] : undefined;

	return async (batch) => {
		const checking = { ...deps, choice, only, now: now() };
		const checked = await Promise.all(batch.map((found) => checkOne(found, checking)));
		const fit = new Map<string, ImportedRegistration>();
		const known = checked.map((one): ImportResult | string => {
			if ("kind" in one) return one;
			if (fit.has(one.node)) return { kind: "refused", reason: "its node is there twice" };
			fit.set(one.node, one);
			return one.node;
		});
		const written = await importRegistrations(db, [...fit.values()], now(), dryRun).catch(
			(error: unknown) => {
				throw new StartError(
					"import-database-failed",
					`The database failed (${faultOf(error)}). What was imported until then stays: run this again.`,
					error,
				);
			},
		);
		const byNode = new Map([...fit.keys()].map((node, index) => [node, written[index]]));
		return known.map((result) => (typeof result === "string" ? byNode.get(result) : result) ?? UNTOLD);
	};
}

/** There is one result for each that was written. */
const UNTOLD: ImportResult = { kind: "refused", reason: "the database did not say what became of it" };

async function checkOne(found: Found, deps: CheckingDeps): Promise<ImportedRegistration | ImportResult> {
	try {
		return await check(found, deps);
	} catch (error) {
		if (error instanceof Unfit) return { kind: "refused", reason: error.message };
		throw error;
	}
}

function appCalled(name: string, apps: readonly App[]): App {
	const app = apps.find((candidate) => candidate.name === name);
	if (app) return app;
	throw new StartError(
		"import-app-unknown",
		`There is no app ${name}. There is: ${apps.map((one) => one.name).join(", ")}.`,
	);
}
