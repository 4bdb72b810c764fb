/** What stands in the place of the console where there is no ADMIN_TOKEN. */
import { Hono } from "hono";
import type { RequestEnv } from "../../deps.ts";
import { Problem } from "../../problem.ts";

const OFF =
	"The console is off here. The operator turns it on with ADMIN_TOKEN: any text of at least 32 characters that nobody guesses.";

/** The sub-app, to be mounted at the root. */
export function consoleOffRoutes(): Hono<RequestEnv> {
	const root = new Hono<RequestEnv>();
	for (const path of ["/admin", "/admin/*"]) {
		root.all(path, () => {
			throw new Problem("no-such-page", OFF);
		});
	}
	return root;
}
