/** Where an import goes: to the Reveille that runs, and where none runs into the database. */
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Config } from "../../../config/config.ts";
import { asConfigError, naming } from "../../../config/naming.ts";
import { registrationBounds } from "../../../limits/bounds/registrations.ts";
import { createKeyring } from "../../../secrets.ts";
import { createDeviceChecks } from "../../../services/device-checks.ts";
import { endpointPolicy } from "../../../services/endpoint.ts";
import { checkSecretKey } from "../../../store/facts.ts";
import { fileUrl } from "../../../syntax/file-url.ts";
import { readDatabaseNote } from "../../database/database-note.ts";
import { filePath, openDatabase } from "../../database/open.ts";
import { openOwnKeys } from "../../own-keys.ts";
import { knownSecretKey } from "../known-secret-key.ts";
import type { Operator } from "../operator/ask.ts";
import { createImporter, type ImportOrder } from "./importer.ts";
import type { Destination } from "./run.ts";

/** Registrations of one transaction, where nobody else waits for the database. */
const BATCH = 1000;

/** A quarter of the bytes that one request may have: a character takes up to three of them in UTF-8. */
const CHARACTERS = registrationBounds.importBytes.is / 4;

/** The Reveille that runs checks and writes them, in pieces that hold up no publish. */
export const overSocket = (operator: Operator, { apps, dryRun }: ImportOrder): Destination => ({
	take: (found) => operator.post("/import", { apps, dryRun, found }),
	most: { rows: registrationBounds.importRows.is, characters: CHARACTERS },
});

/**
 * Opens the database, which is made where there is none, and closes it after its use. A dry run makes none.
 * @throws {StartError | ConfigError | WrongKey} with a sentence for whoever typed the command
 */
export async function intoDatabase(
	config: Config,
	order: ImportOrder,
	use: (destination: Destination) => Promise<void>,
): Promise<void> {
	const url = config.database.url ?? fileUrl(join(config.dataDir, "reveille.db"));
	const isFile = url.startsWith("file:");
	if (!isFile || existsSync(filePath(url))) {
		const secretKey = await (isFile ? knownSecretKey(config) : openOwnKeys(config).secretKey());
		return into(config, { url, secretKey }, order, use);
	}
	if (!order.dryRun)
		return into(config, { url, secretKey: await openOwnKeys(config).secretKey() }, order, use);
	const dataDir = mkdtempSync(join(tmpdir(), "reveille-import-"));
	try {
		const own = { ...config, dataDir };
		const secretKey = await openOwnKeys(own).secretKey();
		await into(own, { url: fileUrl(join(dataDir, "reveille.db")), secretKey }, order, use);
	} finally {
		rmSync(dataDir, { recursive: true, force: true });
	}
}

async function into(
	config: Config,
	{ url, secretKey }: { url: string; secretKey: string },
	order: ImportOrder,
	use: (destination: Destination) => Promise<void>,
): Promise<void> {
	const keyring = await createKeyring(secretKey, config.secretKeysOld);
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
		const deps = { db, keyring, services, apps, trustDeviceId, retentionDays, now: Date.now };
		await use({
			take: createImporter(deps, order),
			most: { rows: BATCH, characters: Number.POSITIVE_INFINITY },
		});
	} finally {
		client.close();
	}
}
