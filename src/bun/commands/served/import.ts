/** What the running Reveille does for `import`: it checks what the command found, and writes it. */
import { Hono } from "hono";
import { z } from "zod";
import { registrationBounds } from "../../../limits/bounds/registrations.ts";
import { bodyOf } from "../../../routes/admin/console/fields.ts";
import { Problem } from "../../../routes/problem.ts";
import { present } from "../../../syntax/present-fields.ts";
import { StartError } from "../../start-error.ts";
import { FIELDS } from "../import/found-registration.ts";
import { createImporter, type ImporterDeps } from "../import/importer.ts";

const FOUND = z.strictObject({
	at: z.string(),
	fields: z.partialRecord(z.enum(FIELDS), z.string()),
	jid: z.string().optional(),
	unfit: z.string().optional(),
});

const BATCH = {
	apps: z.array(z.string()),
	dryRun: z.boolean(),
	found: z.array(FOUND).max(registrationBounds.importRows.is),
};

export interface ImportRoutesDeps extends ImporterDeps {
	/** Whether the disk has room for more registrations. */
	mayGrow(): Promise<boolean>;
}

/** The sub-app, to be mounted at /operator/import. `POST /` with a batch is answered by what became of each. */
export function importRoutes({ mayGrow, ...deps }: ImportRoutesDeps): Hono {
	return new Hono().post("/", async (c) => {
		const { found, ...order } = await bodyOf(c, BATCH);
		if (!order.dryRun && !(await mayGrow())) {
			throw new Problem(
				"unavailable",
				"The disk of the database is nearly full, so that nothing is imported. Make room on it, and run this again: what was imported until then stays.",
			);
		}
		try {
			const take = createImporter(deps, order);
			return c.json(
				await take(found.map(({ at, fields, jid, unfit }) => ({ at, fields, ...present({ jid, unfit }) }))),
			);
		} catch (error) {
			if (error instanceof StartError) throw new Problem("unavailable", error.message);
			throw error;
		}
	});
}
