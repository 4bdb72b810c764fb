/** `import` as a command: composes what it takes from the settings that Reveille runs with. */
import { buildCommand, buildRouteMap } from "@stricli/core";
import { present } from "../../../syntax/present-fields.ts";
import { SERVICE_BY_NAME } from "../../../xmpp/service-names.ts";
import { readConfig } from "../../read-config.ts";
import { type Environment, JSON_FLAG, type Typed } from "../command.ts";
import { operatorOf, runningIn } from "../operator/ask.ts";
import { print } from "../output.ts";
import type { ImportArguments } from "./arguments.ts";
import { FIELDS } from "./found-registration.ts";
import type { Destination } from "./run.ts";

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
	...JSON_FLAG,
} as const;

const IN_COMMON =
	"Imports the registrations of another app server: their nodes and secrets go on working, no device has to register again. The settings are those that Reveille runs with. The one that runs takes them in, by its own settings; where none runs, they are written into the database. The import may be run again: what is here already, and not older, is left as it is.";

interface Options {
	app?: readonly string[];
	dryRun: boolean;
	json: boolean;
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
	func({ host, app = [], dryRun, json }, path) {
		return importAll({ from: "prosody", path, apps: app, dryRun, ...present({ host }) }, json, this.env);
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
	func({ app = [], dryRun, json }, path) {
		return importAll({ from: "csv", path, apps: app, dryRun }, json, this.env);
	},
});

export const importCommands = buildRouteMap({
	routes: { prosody: prosodyCommand, csv: csvCommand },
	docs: { brief: "Takes over another app server's registrations" },
});

/** @throws {StartError | ConfigError | WrongKey} with a sentence for whoever typed the command */
async function importAll(wanted: ImportArguments, json: boolean, env: Environment): Promise<void> {
	const config = readConfig(env);
	const { intoDatabase, overSocket } = await import("./destinations.ts");
	const { runImport } = await import("./run.ts");
	const go = (destination: Destination) =>
		runImport(wanted, destination, {
			json,
			print,
			progress: {
				write: (text) => void process.stderr.write(text),
				isTerminal: process.stderr.isTTY ?? false,
			},
			now: Date.now,
			// Not the system's own maximum: Linux counts that of the process which started this one.
			memory: () => process.memoryUsage.rss(),
		});
	const running = await runningIn(config.dataDir);
	if (running) await go(overSocket(operatorOf(running.ask, true), wanted));
	else await intoDatabase(config, wanted, go);
}
