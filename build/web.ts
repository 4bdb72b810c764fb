/** Bundles the web app, if it has changed: what every way to start, build and test Reveille begins with. */
import { join } from "node:path";
import { bundleWeb } from "./web-bundle.ts";

try {
	await bundleWeb(join(import.meta.dir, ".."));
} catch (error) {
	const problems = error instanceof AggregateError ? error.errors : [error];
	// With the file and the line, which the messages themselves do not say.
	console.error(["The web app cannot be bundled:", ...problems.map((one) => Bun.inspect(one))].join("\n"));
	process.exit(1);
}
