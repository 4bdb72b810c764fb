/** Whether the shared database answers. */
import type { Client } from "@libsql/client/web";
import { UnfitDatabase } from "./database-fault.ts";
import type { IdCheck } from "./database-id.ts";

/** @returns true, or a sentence that says what is wrong */
export async function databaseReadiness({
	client,
	check,
}: {
	client: Pick<Client, "execute">;
	/** Throws where it is not the database that it was. */
	check?: IdCheck;
}): Promise<true | string> {
	try {
		await client.execute("SELECT 1");
		await check?.();
		return true;
	} catch (error) {
		return error instanceof UnfitDatabase ? error.message : "The database does not answer.";
	}
}
