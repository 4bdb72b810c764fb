/** Whether the shared database answers. */
import type { Client } from "@libsql/client/web";

/** @returns true, or a sentence that says what is wrong */
export async function databaseReadiness(client: Pick<Client, "execute">): Promise<true | string> {
	try {
		await client.execute("SELECT 1");
		return true;
	} catch {
		return "The database does not answer.";
	}
}
