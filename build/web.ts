/** Bundles the web app, if it has changed: what every way to start, build and test Reveille begins with. */
import { join } from "node:path";
import { bundleWeb } from "./web-bundle.ts";

try {
	await bundleWeb(join(import.meta.dir, ".."));
} catch (error) {
	const said = error instanceof AggregateError ? error.errors.join("\n") : String(error);
	console.error(`The web app cannot be bundled:\n${said}`);
	process.exit(1);
}
