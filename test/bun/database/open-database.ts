/** A process that opens a database and says what became of it, for tests that need more than one, or less right. */
import { openDatabase } from "../../../src/bun/database/open.ts";

const { hold, url, meetings = [[url, 0]], ...options } = JSON.parse(process.argv[2] ?? "{}");
try {
	const opened = [];
	for (const [url, moment] of meetings) {
		while (Date.now() < moment);
		opened.push(await openDatabase({ ...options, url }));
	}
	console.log("opened");
	// Until the test says that it has seen enough.
	if (hold) for await (const _ of Bun.stdin.stream()) break;
	for (const { client } of opened) client.close();
} catch (error) {
	console.log(`${(error as Error).name}: ${(error as Error).message}`);
}
