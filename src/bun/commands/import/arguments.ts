/** What `import` is asked to do. */
import { parseArgs } from "node:util";
import { SERVICE_BY_NAME } from "../../../xmpp/service-names.ts";
import { PROGRAM } from "../../program.ts";
import { StartError } from "../../start-error.ts";
import { FIELDS } from "./found-registration.ts";

export interface ImportArguments {
	from: "prosody" | "csv";
	path: string;
	/** Of Prosody's hosts, the one whose registrations are meant. */
	host?: string;
	/** For their services, in place of the first app of each. */
	apps: string[];
	dryRun: boolean;
}

export const IMPORT_HELP = `Usage: ${PROGRAM} import prosody PATH [--host HOST] [--app NAME] [--dry-run]
       ${PROGRAM} import csv FILE [--app NAME] [--dry-run]

Imports the registrations of another app server: their nodes and secrets go on working, no device has to register
again. The settings are those that Reveille runs with. It may run meanwhile, and the import may be run again: what is
here already, and not older, is left as it is.

  prosody PATH    mod_push_appserver's: Prosody's data folder (/var/lib/prosody), or its SQLite file
  csv FILE        UTF-8, the first line naming the columns; - reads standard input

  --host HOST     the component it was, where Prosody has several
  --app NAME      the app these are for, in place of the first of its service; may be given for several services
  --dry-run       tells what would become of each, and writes none

Columns of the CSV: node, secret and token; type or app; and if there are any
${FIELDS.filter((name) => !["node", "secret", "token", "type", "app"].includes(name)).join(", ")}.
A type is one of ${[...SERVICE_BY_NAME.keys()].join(", ")}.
Times are like 2017-03-17T02:10:21Z; owner is a bare JID; without device_id, the node is the device's id.`;

/**
 * @param args what follows `import`
 * @returns undefined when help was asked for
 * @throws {StartError}
 */
export function parseImportArguments(args: readonly string[]): ImportArguments | undefined {
	const usage = (problem: string, cause?: unknown) =>
		new StartError("command-arguments", `${problem}\n\n${IMPORT_HELP}`, cause);
	let parsed: ReturnType<typeof parse>;
	try {
		parsed = parse(args);
	} catch (error) {
		throw usage(error instanceof Error ? error.message : String(error), error);
	}
	const { values, positionals } = parsed;
	if (values.help) return undefined;
	const [from, path, ...more] = positionals;
	if ((from !== "prosody" && from !== "csv") || !path || more.length > 0) {
		throw usage("Say what to import: prosody or csv, and its path.");
	}
	if (from === "csv" && values.host !== undefined)
		throw usage("--host is for prosody: a CSV is of one host.");
	return {
		from,
		path,
		apps: values.app ?? [],
		dryRun: values["dry-run"] ?? false,
		...(values.host !== undefined && { host: values.host.toLowerCase() }),
	};
}

const parse = (args: readonly string[]) =>
	parseArgs({
		args: [...args],
		allowPositionals: true,
		options: {
			host: { type: "string" },
			app: { type: "string", multiple: true },
			"dry-run": { type: "boolean" },
			help: { type: "boolean", short: "h" },
		},
	});
