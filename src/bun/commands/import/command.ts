/** `import` as a command: composes what it takes from the settings that Reveille runs with. */
import { join } from "node:path";
import { asConfigError, naming } from "../../../config/naming.ts";
import { createKeyring } from "../../../secrets.ts";
import { createDeviceChecks } from "../../../services/device-checks.ts";
import { endpointPolicy } from "../../../services/endpoint.ts";
import { checkSecretKey } from "../../../store/facts.ts";
import { fileUrl } from "../../../syntax/file-url.ts";
import { readDatabaseNote } from "../../database/database-note.ts";
import { openDatabase } from "../../database/open.ts";
import { openOwnKeys } from "../../own-keys.ts";
import { readConfig } from "../../read-config.ts";
import { IMPORT_HELP, parseImportArguments } from "./arguments.ts";
import { runImport } from "./run.ts";

/**
 * @param args what follows `import`
 * @param env the settings, as for serving
 * @throws {StartError | ConfigError | WrongKey} with a sentence for whoever typed the command
 */
export async function importCommand(
	args: readonly string[],
	env: Record<string, string | undefined>,
): Promise<void> {
	const wanted = parseImportArguments(args);
	if (!wanted) return console.log(IMPORT_HELP);

	const config = readConfig(env);
	const keyring = await createKeyring(await openOwnKeys(config).secretKey(), config.secretKeysOld);
	const url = config.database.url ?? fileUrl(join(config.dataDir, "reveille.db"));
	const { db, client } = await openDatabase({
		url,
		check: readDatabaseNote(config.dataDir, url).check,
		authToken: config.database.authToken,
		migrations: "shared",
	});
	try {
		await checkSecretKey(db, keyring);
		const policy = await naming("WEBPUSH_ALLOW_HOSTS", () => endpointPolicy(config.webPush));
		const services = await asConfigError(() =>
			createDeviceChecks(config.apps, { policy, wns: config.wns, reason: "An import sends no pushes." }),
		);
		const { apps, trustDeviceId, retentionDays } = config;
		await runImport(wanted, {
			db,
			keyring,
			services,
			apps,
			trustDeviceId,
			retentionDays,
			print: (text) => console.log(text),
			progress: {
				write: (text) => void process.stderr.write(text),
				isTerminal: process.stderr.isTTY ?? false,
			},
			now: Date.now,
			// Not the system's own maximum: Linux counts that of the process which started this one.
			memory: () => process.memoryUsage.rss(),
		});
	} finally {
		client.close();
	}
}
