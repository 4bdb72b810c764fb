/** An import into a database of its own, with services that only check devices. */
import type { ImportArguments } from "../../../../src/bun/commands/import/arguments.ts";
import { createImporter, type ImporterDeps } from "../../../../src/bun/commands/import/importer.ts";
import { type ImportEffects, runImport } from "../../../../src/bun/commands/import/run.ts";
import { parseApps } from "../../../../src/config/apps.ts";
import { createKeyring, withFormerSecrets } from "../../../../src/secrets.ts";
import { createFormerSecrets } from "../../../../src/store/registrations/former-secrets.ts";
import { createRegistrations } from "../../../../src/store/registrations/registrations.ts";
import { openTestDatabase } from "../../../database.ts";
import { temporaryFolder } from "../../../peers/folder.ts";
import { servicesWithoutNetwork } from "../../../services/without-network.ts";

const SECRET_KEY = "a key of at least thirty-two characters, for tests";

/** Apps as an edge knows them: without credentials. */
const APPS = [
	{ name: "apns", service: "apns", topic: "org.example.chat" },
	{ name: "voip", service: "apns", topic: "org.example.call" },
	{ name: "fcm", service: "fcm" },
	{ name: "webpush", service: "webpush" },
];

export async function openImport() {
	const folder = temporaryFolder("import");
	const database = await openTestDatabase();
	const keyring = await createKeyring(SECRET_KEY);
	const apps = parseApps(APPS, "APPS", false);
	const services = await servicesWithoutNetwork(apps);
	const printed: string[] = [];
	const shown: string[] = [];
	const state = { now: Date.parse("2026-11-21T12:00:00Z") };
	const deps: ImporterDeps & ImportEffects = {
		db: database.db,
		keyring,
		services,
		apps,
		trustDeviceId: false,
		retentionDays: 180,
		json: false,
		print: (text) => void printed.push(text),
		progress: { write: (text) => void shown.push(text), isTerminal: true },
		now: () => state.now,
		memory: () => 100 * 2 ** 20,
	};

	return {
		folder: folder.path,
		keyring: withFormerSecrets(keyring, createFormerSecrets(database.db, { now: () => state.now })),
		registrations: createRegistrations(database.db, { owner: 9, address: 9, host: 9 }),
		state,
		shown,
		/** Imports. @returns what it printed */
		async run(
			wanted: Partial<ImportArguments> & { path: string },
			more: Partial<ImporterDeps & ImportEffects> = {},
		) {
			printed.length = 0;
			const asked: ImportArguments = { from: "prosody", apps: [], dryRun: false, ...wanted };
			const all = { ...deps, ...more };
			const most = { rows: 1000, characters: Number.POSITIVE_INFINITY };
			await runImport(asked, { take: createImporter(all, asked), most }, all);
			return printed.join("\n");
		},
		printed: () => printed.join("\n"),
		rows: async () =>
			(await database.client.execute("SELECT * FROM registrations ORDER BY node")).rows.map((row) => ({
				...row,
			})),
		/** A CSV in the folder. @returns its path */
		async csv(text: string) {
			const path = `${folder.path}/registrations.csv`;
			await Bun.write(path, text);
			return path;
		},
		async close() {
			await database.close();
			folder.remove();
		},
	};
}

export type Import = Awaited<ReturnType<typeof openImport>>;
