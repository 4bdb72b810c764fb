/** `import` as a command: composes what it takes from the settings that Reveille runs with. */
import { join } from "node:path";
import { buildCommand, buildRouteMap } from "@stricli/core";
import { asConfigError, naming } from "../../../config/naming.ts";
import { createKeyring } from "../../../secrets.ts";
import { createDeviceChecks } from "../../../services/device-checks.ts";
import { endpointPolicy } from "../../../services/endpoint.ts";
import { checkSecretKey } from "../../../store/facts.ts";
import { fileUrl } from "../../../syntax/file-url.ts";
import { present } from "../../../syntax/present-fields.ts";
import { SERVICE_BY_NAME } from "../../../xmpp/service-names.ts";
import { readDatabaseNote } from "../../database/database-note.ts";
import { openDatabase } from "../../database/open.ts";
import { openOwnKeys } from "../../own-keys.ts";
import { readConfig } from "../../read-config.ts";
import type { Environment, Typed } from "../command.ts";
import type { ImportArguments } from "./arguments.ts";
import { FIELDS } from "./found-registration.ts";
import { runImport } from "./run.ts";

/** What both kinds take. */
const FLAGS = {
	app: {
		kind: "parsed",
		parse: String,
		variadic: true,
		optional: true,
		placeholder: "NAME",
		brief: "The app these are for, in place of the first of its service; may be given for several services",
	},
	dryRun: {
		kind: "boolean",
		default: false,
		withNegated: false,
		brief: "Tells what would become of each, and writes none",
	},
} as const;

const IN_COMMON =
	"Imports the registrations of another app server: their nodes and secrets go on working, no device has to register again. The settings are those that Reveille runs with. It may run meanwhile, and the import may be run again: what is here already, and not older, is left as it is.";

interface Options {
	app?: readonly string[];
	dryRun: boolean;
}

const prosodyCommand = buildCommand<Options & { host?: string }, [path: string], Typed>({
	docs: {
		brief: "mod_push_appserver's: Prosody's data folder, or its SQLite file",
		fullDescription: IN_COMMON,
	},
	parameters: {
		flags: {
			host: {
				kind: "parsed",
				parse: (host) => host.toLowerCase(),
				optional: true,
				placeholder: "HOST",
				brief: "The component it was, where Prosody has several",
			},
			...FLAGS,
		},
		positional: {
			kind: "tuple",
			parameters: [{ brief: "Such as /var/lib/prosody", placeholder: "PATH", parse: String }],
		},
	},
	func({ host, app = [], dryRun }, path) {
		return importAll({ from: "prosody", path, apps: app, dryRun, ...present({ host }) }, this.env);
	},
});

const csvCommand = buildCommand<Options, [file: string], Typed>({
	docs: {
		brief: "A table: UTF-8, the first line naming the columns",
		fullDescription: `${IN_COMMON}

Columns: node, secret and token; type or app; and if there are any ${FIELDS.filter(
			(name) => !["node", "secret", "token", "type", "app"].includes(name),
		).join(", ")}. A type is one of ${[...SERVICE_BY_NAME.keys()].join(
			", ",
		)}. Times are like 2017-03-17T02:10:21Z; owner is a bare JID; without device_id, the node is the device's id.`,
	},
	parameters: {
		flags: FLAGS,
		positional: {
			kind: "tuple",
			parameters: [{ brief: "- reads standard input", placeholder: "FILE", parse: String }],
		},
	},
	func({ app = [], dryRun }, path) {
		return importAll({ from: "csv", path, apps: app, dryRun }, this.env);
	},
});

export const importCommands = buildRouteMap({
	routes: { prosody: prosodyCommand, csv: csvCommand },
	docs: { brief: "Takes over another app server's registrations" },
});

/** @throws {StartError | ConfigError | WrongKey} with a sentence for whoever typed the command */
async function importAll(wanted: ImportArguments, env: Environment): Promise<void> {
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
