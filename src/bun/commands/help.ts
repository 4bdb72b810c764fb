/** What `--help` says. */
import { describeSetting, settingNames } from "../../config/settings.ts";
import { PROGRAM } from "../program.ts";

export function help(version: string): string {
	const width = Math.max(...settingNames.map((name) => name.length));
	return [
		`Reveille ${version}: the XEP-0357 push app server that wakes sleeping XMPP apps.`,
		"",
		`Usage: ${PROGRAM}                  serves; SIGTERM or Ctrl-C ends it`,
		`       ${PROGRAM} import           takes over another app server's registrations; --help says how`,
		`       ${PROGRAM} backup FOLDER    copies keys, registrations and outbox, also while it serves`,
		`       ${PROGRAM} token            makes a new registration token; the old one ends in 7 days`,
		`       ${PROGRAM} invite           makes an invite, with which somebody may register; --help says how`,
		`       ${PROGRAM} health           whether the one with these settings serves, by its exit code`,
		`       ${PROGRAM} explain ID       what a line that ends in [ID] means, and what to do; without ID all`,
		"",
		"Settings are environment variables, and none at all works. An account on an XMPP server needs",
		"XMPP_SERVICE, XMPP_USERNAME and XMPP_PASSWORD; a component XMPP_SERVICE, XMPP_DOMAIN and XMPP_PASSWORD.",
		"Defaults are in brackets; docs/configuration.md says more.",
		"",
		...settingNames.map((name) => `  ${name.padEnd(width)}  ${describeSetting(name)}`),
	].join("\n");
}
