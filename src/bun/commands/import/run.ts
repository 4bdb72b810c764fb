/** The import of another app server's registrations, from the arguments to the summary. */
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
import type { ImportArguments } from "./arguments.ts";
import { type CheckingDeps, check, Unfit } from "./check.ts";
import type { Found } from "./found-registration.ts";
import { createReport, type ReportEffects } from "./report.ts";
import { openSource } from "./source.ts";

/** Registrations of one transaction: few enough that a running Reveille does not wait for long. */
const BATCH = 1000;
/** How long others are let at the database between two transactions, ms. */
const PAUSE_MS = 5;

export interface ImportDeps extends Omit<CheckingDeps, "now" | "only" | "choice">, ReportEffects {
	apps: readonly App[];
	db: LibSQLDatabase;
	/** Takes the summary. */
	print(text: string): void;
}

/**
 * Imports all that is found.
 * @throws {StartError} when the source cannot be read to its end, the database fails, or none could be taken. What was
 *   written until then stays
 */
export async function runImport(wanted: ImportArguments, deps: ImportDeps): Promise<void> {
	const { db, print, now } = deps;
	const named = wanted.apps.map((name) => appCalled(name, deps.apps));
	const source = await openSource(wanted);
	const report = createReport(deps, wanted.dryRun);
	const checking: CheckingDeps = {
		...deps,
		choice: createAppChoice(deps.apps, named),
		only: named.length === 1 ? named[0] : undefined,
		now: now(),
	};

	async function take(batch: readonly Found[]) {
		const checked = await Promise.all(batch.map((found) => checkOne(found, checking)));
		const fit = new Map<string, ImportedRegistration>();
		const results = checked.map((one, index): ImportResult | string => {
			if ("kind" in one) return one;
			if (fit.has(one.node)) return { kind: "refused", reason: "its node is there twice" };
			fit.set(one.node, one);
			return batch[index]?.fields.node ?? "";
		});
		const written = await importRegistrations(db, [...fit.values()], now(), wanted.dryRun).catch(
			(error: unknown) => {
				throw new StartError(
					"import-database-failed",
					`The database failed (${faultOf(error)}). What was imported until then stays: run this again.`,
					error,
				);
			},
		);
		const byNode = new Map([...fit.keys()].map((node, index) => [node, written[index]]));
		results.forEach((result, index) => {
			const outcome = typeof result === "string" ? byNode.get(result) : result;
			if (outcome) report.count(batch[index]?.at ?? "", outcome);
		});
		report.tick();
	}

	try {
		let batch: Found[] = [];
		for await (const found of source.read()) {
			batch.push(found);
			if (batch.length < BATCH) continue;
			await take(batch);
			batch = [];
			await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
		}
		await take(batch);
	} finally {
		source.close();
		print(report.summary());
	}
	if (report.found() === 0)
		throw new StartError("import-nothing-found", `Nothing was found in ${wanted.path}.`);
	if (report.taken() === 0) throw new StartError("import-nothing-taken", "None of them could be imported.");
	if (wanted.dryRun) print("Nothing was written: this was a dry run.");
	else if (source.host !== undefined) {
		print(
			`Users' servers publish these to ${source.host}: Reveille must be connected as the component of that name.`,
		);
	}
}

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
