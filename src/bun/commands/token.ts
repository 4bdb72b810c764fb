/** `token`: makes a new registration token in the database, and has the old one end. Reveille may serve meanwhile. */
import { parseArgs } from "node:util";
import { registrationBounds } from "../../limits/bounds/registrations.ts";
import { createRegistrationTokens, hashOfToken } from "../../store/registration-tokens.ts";
import { PROGRAM } from "../program.ts";
import { randomToken } from "../registration-token.ts";
import { StartError } from "../start-error.ts";
import { withKnownDatabase } from "./known-database.ts";

const DAY_MS = 86_400_000;

/** Long enough to tell users and apps of the new one. */
const DAYS_LEFT = 7;

const HELP = `Usage: ${PROGRAM} token [--now]

Makes a new registration token, which users need to register over HTTP, and prints it. It is stored as a hash only:
nobody can look it up later. All processes of the same database take it within ${registrationBounds.tokenReads.is} seconds. The tokens before it go
on working for ${DAYS_LEFT} days. The settings are those that Reveille runs with; it may run meanwhile.

  --now    ends the tokens before it at once, for one that fell into the wrong hands: they are refused within
           ${registrationBounds.tokensKept.is} seconds

A token in the setting REGISTRATION_TOKEN is not touched: change the setting, and start Reveille again.`;

/**
 * @param args what follows `token`
 * @param env the settings, as for serving
 * @throws {StartError | ConfigError} with a sentence for whoever typed the command
 */
export async function tokenCommand(
	args: readonly string[],
	env: Record<string, string | undefined>,
): Promise<void> {
	const options = parse(args);
	if (options.help) return console.log(HELP);

	const token = randomToken();
	const now = Date.now();
	const endsAt = options.now ? now : now + DAYS_LEFT * DAY_MS;
	const hash = await hashOfToken(token);
	await withKnownDatabase(env, (db) => createRegistrationTokens(db).renew(hash, endsAt));
	console.log(token);
	// Beside the output, which a script may read.
	console.error(
		`This is the new registration token. It is not shown again: give it to your users.\n${
			options.now
				? `The tokens before it ended, and are refused within ${registrationBounds.tokensKept.is} seconds.`
				: `The tokens before it work until ${new Date(endsAt).toISOString().slice(0, 16).replace("T", " ")} UTC.`
		}${env.REGISTRATION_TOKEN?.trim() ? "\nREGISTRATION_TOKEN goes on working beside it: change the setting to end it." : ""}`,
	);
}

/** @throws {StartError} */
function parse(args: readonly string[]) {
	try {
		return parseArgs({
			args: [...args],
			options: { now: { type: "boolean" }, help: { type: "boolean", short: "h" } },
		}).values;
	} catch (error) {
		throw new StartError(
			"command-arguments",
			`${error instanceof Error ? error.message : String(error)}\n\n${HELP}`,
			error,
		);
	}
}
