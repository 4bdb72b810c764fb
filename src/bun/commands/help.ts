/** What `--help` says. */
import { describeSetting, settingNames } from "../../config/settings.ts";
import { docsPath, PROGRAM } from "../program.ts";
import { commands } from "./application.ts";
import { table } from "./command.ts";

export function help(version: string): string {
	const width = Math.max(...settingNames.map((name) => name.length));
	return [
		`Reveille ${version}: the XEP-0357 push app server that wakes sleeping XMPP apps.`,
		"",
		`Usage: ${PROGRAM}              serves; SIGTERM or Ctrl-C ends it`,
		`       ${PROGRAM} COMMAND      does one of these; COMMAND --help says how`,
		"",
		table(commands.map(({ name, brief }) => [`  ${name}`, brief])),
		"",
		"Settings are environment variables, and none at all works. An account on an XMPP server needs",
		"XMPP_SERVICE, XMPP_USERNAME and XMPP_PASSWORD; a component XMPP_SERVICE, XMPP_DOMAIN and XMPP_PASSWORD.",
		`Defaults are in brackets; ${docsPath("configuration.md")} says more.`,
		"",
		...settingNames.map((name) => `  ${name.padEnd(width)}  ${describeSetting(name)}`),
	].join("\n");
}
