/**
 * The entry for Bun: it finds out what was typed, and loads that alone. Serving is much code, and so are the commands.
 */
import packageJson from "../package.json" with { type: "json" };
import { HAND_OVER_FILES, SERVE_WHILE_INPUT, SYNC_REPLICA } from "./bun/program.ts";

const { version } = packageJson;

/** @returns the exit code */
async function main(words: readonly string[]): Promise<number> {
	switch (words[0]) {
		case undefined:
			await (await import("./server.ts")).serve();
			return 0;
		case SERVE_WHILE_INPUT: {
			const [{ serve }, { endOfInput }] = await Promise.all([
				import("./server.ts"),
				import("./bun/signals.ts"),
			]);
			await serve(endOfInput);
			return 0;
		}
		case SYNC_REPLICA:
			await (await import("./bun/database/replica-sync.ts")).syncReplica();
			return 0;
		case HAND_OVER_FILES:
			await (await import("./bun/commands/served/hand-over-files.ts")).handOverFiles();
			return 0;
		case "--version":
			console.log(version);
			return 0;
		case "--help":
		case "-h":
			console.log((await import("./bun/commands/help.ts")).help(version));
			return 0;
		default:
			return (await import("./bun/commands/application.ts")).runCommand(words, process.env);
	}
}

// What this process writes is for its own user: endpoints, keys, what waits in the outbox.
process.umask(0o077);
try {
	process.exit(await main(process.argv.slice(2)));
} catch (error) {
	const { isForPeople } = await import("./bun/start-error.ts");
	if (!isForPeople(error)) throw error;
	const { withId } = await import("./messages/about.ts");
	console.error(withId(error.message, error.id));
	process.exit(1);
}
