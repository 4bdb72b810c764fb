/**
 * A client of a database that is looked at before it is first used: for a process that must be able to start, and to
 * say what is wrong, while its database is away or is not the right one.
 */
import type { Client } from "@libsql/client/web";

/**
 * @param check throws what is wrong; until it has passed once, each use asks anew, and fails as it does
 * @returns what drizzle needs of a client
 */
export function checkedClient(client: Client, check: () => Promise<void>): Client {
	let passed = false;
	const afterCheck =
		<Given extends unknown[], Result>(use: (...given: Given) => Promise<Result>) =>
		async (...given: Given): Promise<Result> => {
			// Each use waits for a check of its own: at an edge, a request that another one began for it may be cut off
			// with that one, and would then never end.
			if (!passed) await check();
			passed = true;
			return use.apply(client, given);
		};
	return Object.assign(Object.create(client), {
		execute: afterCheck(client.execute),
		batch: afterCheck(client.batch),
		transaction: afterCheck(client.transaction),
	});
}
