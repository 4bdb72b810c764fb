/** What `--help` says. */
import { describeSetting, settingNames } from "../settings.ts";

export function help(version: string): string {
	const width = Math.max(...settingNames.map((name) => name.length));
	return [
		`Reveille ${version}: the XEP-0357 push app server that wakes sleeping XMPP apps.`,
		"",
		"Usage: npx --yes bun run start    serves; SIGTERM or Ctrl-C ends it",
		"       npx --yes bun run start import    takes over another app server's registrations; --help says how",
		"       npx --yes bun run demo     shows a message waking a device, with a real XMPP server",
		"",
		"Settings are environment variables, and none at all works. An account on an XMPP server needs",
		"XMPP_SERVICE, XMPP_USERNAME and XMPP_PASSWORD; a component XMPP_SERVICE, XMPP_DOMAIN and XMPP_PASSWORD.",
		"Defaults are in brackets; README.md says more.",
		"",
		...settingNames.map((name) => `  ${name.padEnd(width)}  ${describeSetting(name)}`),
	].join("\n");
}
