/** An account at an XMPP server: everything from its name to what it offers of what push needs. */
import xml from "@xmpp/xml";
import { serviceSettingOf, settingOf, shownUrl, type XmppAccount } from "../../../../config/connections.ts";
import { createServerCheck } from "../../../../connector/checks/server-features.ts";
import { createWays, type Way, type Ways } from "../../../../connector/server/discovery.ts";
import { NS } from "../../../../xmpp/namespaces.ts";
import { type Context, silent } from "../context.ts";
import { bad, type Finding, ok, reasonOf, timed, warn } from "../finding.ts";
import { lookAtHolder } from "./holder.ts";
import { lookAtPubsubHost } from "./pubsub-host.ts";
import { measureRate, rateFinding } from "./rate.ts";
import { openSession, type Session } from "./session.ts";
import { lookAtCertificate, lookAtHostMeta, lookAtName } from "./way.ts";

/** A shorter time is over before a machine has been restarted, s. */
const SHORT_S = 120;
/** What a server takes that wants longer messages cut is no fault; below this a publish may not fit, bytes. */
const SMALL_BYTES = 10_000;

/** Looks at an account. @param databaseId as this Reveille knows it */
export async function lookAtAccount(
	account: XmppAccount,
	context: Context & { databaseId: string | undefined },
	signal: AbortSignal,
): Promise<Finding[]> {
	const meta = lookAtHostMeta(account, context.config.webApp, signal);
	const ways = createWays(account, { log: silent });
	let way: Way;
	try {
		way = await ways.find(signal);
	} catch (error) {
		return [...(await meta), bad("Server", reasonOf(error))];
	}
	const url = new URL(way.service);
	const findings = [
		...(await lookAtName(url, serviceSettingOf(account))),
		...(await meta),
		...(await lookAtCertificate(way, signal)),
	];
	return [...findings, ...(await lookInside(account, { ways, way, context, signal }))];
}

/** Only whether the account can log in. */
export async function lookAtLogin(account: XmppAccount, signal: AbortSignal): Promise<Finding[]> {
	const ways = createWays(account, { log: silent });
	const opened = await logIn(account, { ways, way: undefined, signal });
	if (!opened.session) return [opened.finding];
	await opened.session.close();
	return [opened.finding];
}

async function logIn(
	account: XmppAccount,
	{ ways, way, signal }: { ways: Ways; way: Way | undefined; signal: AbortSignal },
): Promise<{ finding: Finding; session?: Session }> {
	try {
		const { value: session, ms } = await timed(openSession(account, ways, signal));
		const service = way?.service ?? ways.service() ?? account.domain;
		const { username, domain } = account;
		const offered = session.mechanisms.join(", ");
		const text = `${username}@${domain} logs in at ${service.includes(":") ? shownUrl(service) : service}; offered are ${offered}.`;
		return { finding: ok("Login", text, ms), session };
	} catch (error) {
		return { finding: bad("Login", reasonOf(error)) };
	}
}

async function lookInside(
	account: XmppAccount,
	{
		ways,
		way,
		context,
		signal,
	}: {
		ways: Ways;
		way: Way;
		context: Context & { databaseId: string | undefined };
		signal: AbortSignal;
	},
): Promise<Finding[]> {
	const { finding, session } = await logIn(account, { ways, way, signal });
	if (!session) return [finding];
	const { found, clocks, databaseId } = context;
	const { ask, stream } = session;
	const { domain, username, address } = account;
	try {
		const server = createServerCheck({
			account,
			ask,
			onTime: (date) => clocks.said(domain, date),
			log: silent,
		});
		await server.online(stream);
		const lacking = server.lacking();
		const connections = found.kind === "running" ? found.running.status.connections : [];
		const holder = await lookAtHolder({
			account,
			ask,
			databaseId,
			running: connections.find((each) => each.address === address),
		});
		const pubsubHost = await lookAtPubsubHost(account, ask);
		const software = await softwareOf(ask, domain);
		// Last: what it is asked after that waits behind it.
		const rate = rateFinding(await measureRate(session, domain), { software, username, domain });
		return [
			finding,
			...mechanismFindings(session, account),
			...lacking.map(({ what, cure }) => bad("Server", what, cure)),
			...resumptionFindings(session),
			...(server.facts().push ? [ok("Push at the server", `${domain} publishes for its users.`)] : []),
			...(server.facts().push2 ? [ok("Push 2.0 at the server", `${domain} sends it for its users.`)] : []),
			stanzaSize(session),
			...holder,
			...pubsubHost,
			rate,
		];
	} finally {
		await session.close();
	}
}

/** What is sent in the clear, or is no secret any more where somebody is between. */
function mechanismFindings({ mechanisms }: Session, account: XmppAccount): Finding[] {
	if (mechanisms.some((name) => name.startsWith("SCRAM-"))) return [];
	const text = `the server offers ${mechanisms.join(", ")} alone, by which it is shown the password itself.`;
	const todo = `let it offer SCRAM-SHA-256 or SCRAM-SHA-1, or see that ${settingOf(account, "service")} is wss:// to your own server`;
	return [warn("Mechanisms", text, todo)];
}

function resumptionFindings({ stream }: Session): Finding[] {
	if (!stream.resumable) return [];
	const { keptSeconds } = stream;
	const what = "Resumption";
	if (keptSeconds === undefined)
		return [ok(what, "the server keeps the session after a loss; it does not say how long.")];
	const text = `the server keeps the session for ${keptSeconds} s after a loss`;
	if (keptSeconds >= SHORT_S) return [ok(what, `${text}: a restart that takes no longer loses nothing.`)];
	return [
		warn(
			what,
			`${text}, and a restart may take longer.`,
			"Prosody: smacks_hibernation_time = 600; ejabberd: mod_stream_mgmt: { resume_timeout: 600 }",
		),
	];
}

function stanzaSize({ stream: { takes } }: Session): Finding {
	const what = "Stanza size";
	if (takes === undefined) return ok(what, "the server does not say how long a stanza may be (XEP-0478).");
	if (takes >= SMALL_BYTES) return ok(what, `the server takes stanzas of ${takes} bytes.`);
	const text = `the server takes stanzas of ${takes} bytes, less than RFC 6120 wants.`;
	return warn(what, text, "raise c2s_stanza_size_limit (Prosody) or max_stanza_size (ejabberd)");
}

/** XEP-0092 */
async function softwareOf(ask: Session["ask"], domain: string): Promise<string> {
	const answer = await ask("get", domain, xml("query", { xmlns: NS.version })).catch(() => undefined);
	return answer?.getChild("query", NS.version)?.getChildText("name") ?? "";
}
