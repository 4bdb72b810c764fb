/** The import of another app server's registrations, from the arguments to the summary. */
import { StartError } from "../../start-error.ts";
import type { ImportArguments } from "./arguments.ts";
import type { Found } from "./found-registration.ts";
import type { Take } from "./importer.ts";
import { createReport, type ReportEffects } from "./report.ts";
import { openSource } from "./source.ts";

/** How long others are let at the database between two batches, ms. */
const PAUSE_MS = 5;

/** Where registrations go. */
export interface Destination {
	take: Take;
	/** How many it takes at once, and of how many characters together: more than that of one is no reason to leave it out. */
	most: { rows: number; characters: number };
}

export interface ImportEffects extends ReportEffects {
	/** Takes the summary. */
	print(text: string): void;
	/** The summary is JSON. */
	json: boolean;
}

/**
 * Imports all that is found.
 * @throws {StartError} when the source cannot be read to its end, the destination fails, or none could be taken. What was
 *   written until then stays
 */
export async function runImport(
	wanted: ImportArguments,
	{ take, most }: Destination,
	effects: ImportEffects,
): Promise<void> {
	const { print, json } = effects;
	const source = await openSource(wanted);
	const report = createReport(effects, wanted.dryRun);
	try {
		for await (const batch of batches(source.read(), most)) {
			if (report.found() > 0) await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
			const results = await take(batch);
			results.forEach((result, index) => {
				report.count(batch[index]?.at ?? "", result);
			});
			report.tick();
		}
	} finally {
		source.close();
		// Of a source that cannot be read at all there is nothing to sum up.
		if (json || report.found() > 0)
			print(json ? JSON.stringify(report.figures(), null, 2) : report.summary());
	}
	if (report.found() === 0)
		throw new StartError("import-nothing-found", `Nothing was found in ${wanted.path}.`);
	if (report.taken() === 0) throw new StartError("import-nothing-taken", "None of them could be imported.");
	if (json) return;
	if (wanted.dryRun) print("Nothing was written: this was a dry run.");
	else if (source.host !== undefined) {
		print(
			`Users' servers publish these to ${source.host}: Reveille must be connected as the component of that name.`,
		);
	}
}

/** None of them empty. */
async function* batches(
	all: AsyncIterable<Found> | Iterable<Found>,
	most: Destination["most"],
): AsyncGenerator<readonly Found[]> {
	let batch: Found[] = [];
	let characters = 0;
	for await (const found of all) {
		const its = JSON.stringify(found).length;
		if (batch.length === most.rows || (batch.length > 0 && characters + its > most.characters)) {
			yield batch;
			batch = [];
			characters = 0;
		}
		batch.push(found);
		characters += its;
	}
	if (batch.length > 0) yield batch;
}
