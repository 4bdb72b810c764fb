/** `import` as a command: composes what it takes from the settings that Reveille runs with. */
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { parseConfig } from "../../../config/config.ts";
import { settingNames } from "../../../config/settings.ts";
import { createKeyring } from "../../../secrets.ts";
import { endpointPolicy } from "../../../services/endpoint.ts";
import { createServices } from "../../../services/index.ts";
import { checkSecretKey } from "../../../store/facts.ts";
import { fileUrl } from "../../../syntax/file-url.ts";
import { prepareDataFolder, secretFile } from "../../data-folder.ts";
import { readDatabaseNote } from "../../database/note.ts";
import { openDatabase } from "../../database/open.ts";
import { readKeyFiles } from "../../environment.ts";
import { readTables } from "../../toml-file.ts";
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

	const settings = readKeyFiles(env, settingNames);
	const tables = readTables(settings.APPS);
	const config = parseConfig({ ...settings, APPS: tables.apps }, tables.connections);
	if (config.role !== "http") prepareDataFolder(config.dataDir);
	const { value: secretKey } = config.secretKey
		? { value: config.secretKey }
		: await secretFile(config.dataDir, "secret.key", () => randomBytes(32).toString("base64url"));
	const keyring = await createKeyring(secretKey, config.secretKeysOld);
	const url = config.database.url ?? fileUrl(join(config.dataDir, "reveille.db"));
	const { db, client } = await openDatabase({
		url,
		check: readDatabaseNote(config.dataDir, url).check,
		authToken: config.database.authToken,
		migrations: "shared",
	});
	try {
		await checkSecretKey(db, keyring);
		const sendsNothing = () => Promise.reject(new Error("An import sends no pushes."));
		const services = await createServices(config.apps, {
			fetch: sendsNothing,
			guardedFetch: sendsNothing,
			http2Fetch: () => sendsNothing,
			now: Date.now,
			policy: endpointPolicy(config.webPush),
			wns: config.wns,
			vapid: {},
		});
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
