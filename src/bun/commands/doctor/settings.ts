/** Settings that can be read and do not do what their operator thinks. */
import { misspelt } from "../../../config/settings.ts";
import { certificateExpiry } from "../../../connector/checks/certificates.ts";
import { warnOfClearText } from "../../../connector/checks/clear-text.ts";
import { checkTrusted } from "../../../connector/server/trust.ts";
import { isPublicSubject } from "../../../syntax/vapid-subject.ts";
import { warnOfProxy } from "../../fetch/proxy.ts";
import { uncheckedTls } from "../../fetch/unchecked-tls.ts";
import type { Context } from "./context.ts";
import { bad, type Finding, ok, reasonOf, unknown, warn } from "./finding.ts";

const DAY_S = 86_400;
/** A certificate that ends sooner is told, days. */
const SOON_DAYS = 30;

/** Whether the Reveille that runs has the same ones: the other findings are about those of this command. */
export function lookAtDifferences({ differences }: Pick<Context, "differences">): Finding[] {
	if (differences.length === 0) return [];
	const text = `the Reveille that runs has others than this command (${differences.join("; ")}).`;
	const todo = "run this with the settings that it has; if you changed them, restart Reveille";
	return [warn("Settings", text, todo)];
}

/** Looks at the settings alone: no file and no network. */
export function lookAtSettings(
	{ env, config }: Pick<Context, "env" | "config">,
	now: () => number = Date.now,
): Finding[] {
	return [
		ok("Settings", settingsRead(config)),
		...misspeltSettings(env),
		...contactFindings(config),
		...push2Findings(config),
		...certificateFindings(config, now),
		...said("Proxy", (log) => warnOfProxy(config.apps, env, log)),
		...said("Encryption", (log) => warnOfClearText(config.connections, log)),
		...uncheckedFindings(env),
	];
}

function settingsRead({ role, connections, apps }: Context["config"]): string {
	const addresses = connections.map(({ address }) => address).join(", ");
	return `they can be read. ROLE=${role}; XMPP: ${addresses || "none"}; apps: ${apps.map(({ name }) => name).join(", ") || "none"}.`;
}

function misspeltSettings(env: Context["env"]): Finding[] {
	return misspelt(Object.keys(env)).map(({ name, meant }) => {
		const text = `${name} is not a setting of Reveille, and is ignored.`;
		// Other programs have variables too.
		if (meant === undefined) return warn(name, text, `remove ${name}, if it was meant for Reveille`);
		return bad(name, `${text} Was ${meant} meant?`, `rename ${name} to ${meant}`);
	});
}

/** Apple refuses every push with a contact that nobody can reach. */
function contactFindings({ role, vapid, apps }: Context["config"]): Finding[] {
	if (role === "http" || !apps.some(({ service }) => service === "webpush")) return [];
	const todo = "set VAPID_SUBJECT to mailto: and your address, such as VAPID_SUBJECT=mailto:you@example.net";
	if (vapid.subject === undefined) {
		const text = "push services are told no contact. Apple asks for one.";
		return [warn("VAPID_SUBJECT", text, todo)];
	}
	if (isPublicSubject(vapid.subject)) return [];
	const text =
		"its host is not on the internet. Apple's push service refuses every push with such a contact: iPhones are not woken.";
	return [bad("VAPID_SUBJECT", text, todo)];
}

/** Whether registrations get a URL for it, and whose messages are relayed. */
function push2Findings({
	role,
	publicUrl,
	pubsubHosts,
	push2Relay,
	xmppAllow,
}: Context["config"]): Finding[] {
	const what = "Push 2.0";
	const findings: Finding[] = [];
	if (pubsubHosts.length === 0 && publicUrl === undefined) {
		findings.push(unknown(what, "PUBLIC_URL is not set: registrations get no URL for it."));
	} else if (pubsubHosts.length === 0) {
		const relay = push2Relay ? "" : " Nothing is relayed: PUSH2_RELAY=true turns that on.";
		findings.push(ok(what, `registrations get a URL for it.${role === "http" ? "" : relay}`));
	}
	if (!push2Relay || role === "http") return findings;
	const domains = xmppAllow.includes("*") ? undefined : xmppAllow.join(", ");
	if (domains !== undefined) return [...findings, ok("PUSH2_RELAY", `it relays for ${domains}.`)];
	const text = "it relays for everybody, within the limits of docs/push2.md, since XMPP_ALLOW is *.";
	return [...findings, warn("PUSH2_RELAY", text, "list the domains that it is for in XMPP_ALLOW")];
}

function certificateFindings({ apps, connections }: Context["config"], now: () => number): Finding[] {
	try {
		checkTrusted(connections);
	} catch (error) {
		return [bad("XMPP_CA", reasonOf(error))];
	}
	// One by one: the first that is unfit must not hide the others.
	return apps.flatMap((app) => {
		try {
			return [...certificateExpiry([app])].map(([name, seconds]) => certificateEnd(name, seconds, now()));
		} catch (error) {
			return [bad("Certificate", reasonOf(error))];
		}
	});
}

function certificateEnd(app: string, seconds: number, now: number): Finding {
	const days = Math.floor((seconds - now / 1000) / DAY_S);
	const day = new Date(seconds * 1000).toISOString().slice(0, 10);
	const what = `Certificate of ${app}`;
	const todo = "make a new one at developer.apple.com, and restart Reveille";
	if (days < 0) return bad(what, `it has expired on ${day}. Apple takes no push with it.`, todo);
	if (days <= SOON_DAYS) return warn(what, `it expires on ${day}, in ${days} days.`, todo);
	return ok(what, `good until ${day}.`);
}

/** What a check of the start would write into the log. */
function said(what: string, look: (log: Parameters<typeof warnOfProxy>[2]) => void): Finding[] {
	const findings: Finding[] = [];
	const log = {
		warn(text: string, values: Readonly<Record<string, unknown>> = {}) {
			findings.push(
				warn(
					what,
					text.replace(/\{(\w+)\}/g, (_, name: string) => String(values[name])),
				),
			);
		},
	};
	look(log as never);
	return findings;
}

function uncheckedFindings(env: Context["env"]): Finding[] {
	const unchecked = uncheckedTls({ ...env });
	return unchecked === undefined
		? []
		: [bad("NODE_TLS_REJECT_UNAUTHORIZED", unchecked, "remove NODE_TLS_REJECT_UNAUTHORIZED")];
}
