/** Whether the shared database answers. */
import type { Client } from "@libsql/client/web";
import { UnfitDatabase } from "./fault.ts";

/** @returns true, or a sentence that says what is wrong */
export async function databaseReadiness(client: Pick<Client, "execute">): Promise<true | string> {
	try {
		await client.execute("SELECT 1");
		return true;
	} catch (error) {
		return error instanceof UnfitDatabase ? error.message : "The database does not answer.";
	}
}
