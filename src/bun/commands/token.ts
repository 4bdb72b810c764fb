/** `token`: makes a new registration token in the database, and has the old one end. Reveille may serve meanwhile. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { parseConfig } from "../../config/config.ts";
import { registrationBounds } from "../../limits/bounds/registrations.ts";
import { createRegistrationTokens, hashOfToken } from "../../store/registration-tokens.ts";
import { fileUrl } from "../../syntax/file-url.ts";
import { readDatabaseNote } from "../database/database-note.ts";
import { filePath, openDatabase } from "../database/open.ts";
import { PROGRAM } from "../program.ts";
import { randomToken } from "../registration-token.ts";
import { StartError } from "../start-error.ts";

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

	// No others have a part in it: some need tables and files of keys.
	const { DATA_DIR, DATABASE_URL, DATABASE_AUTH_TOKEN, DATABASE_SYNC_URL } = env;
	const config = parseConfig({ DATA_DIR, DATABASE_URL, DATABASE_AUTH_TOKEN, DATABASE_SYNC_URL });
	const url = config.database.url ?? fileUrl(join(config.dataDir, "reveille.db"));
	// A token in a new database would open nothing.
	if (url.startsWith("file:") && !existsSync(filePath(url))) {
		throw new StartError(
			"database-file-missing",
			`There is no ${filePath(url)}: set DATA_DIR or DATABASE_URL as for the Reveille that serves, and start that first.`,
		);
	}
	const { db, client } = await openDatabase({
		url,
		authToken: config.database.authToken,
		check: readDatabaseNote(config.dataDir, url).check,
		migrations: "shared",
	});
	const token = randomToken();
	const now = Date.now();
	const endsAt = options.now ? now : now + DAYS_LEFT * DAY_MS;
	try {
		await createRegistrationTokens(db).renew(await hashOfToken(token), endsAt);
	} finally {
		client.close();
	}
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
