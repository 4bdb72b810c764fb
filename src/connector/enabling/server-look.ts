/**
 * Whether the servers of XMPP_ENABLE_FOR do what is needed of them, looked at whenever the connection is new: what one
 * lacks is told to the operator with the lines that mend it.
 */
import type { Logger } from "@logtape/logtape";
import xml from "@xmpp/xml";
import { about } from "../../messages/about.ts";
import type { MessageId } from "../../messages/table.ts";
import { NS } from "../../xmpp/namespaces.ts";
import type { Requests } from "../../xmpp/requests.ts";
import { pause } from "../pause.ts";
import type { Permissions } from "./permissions.ts";

/** What is known of one domain's server. `lacks`: why push is not enabled for its users; missing: it is. */
export interface DomainState {
	domain: string;
	lacks?: { id: MessageId; what: string; cure: string };
}

export interface ServerLook {
	/** The component is online. */
	online(component: string, ask: Requests["ask"]): void;
	/** Of each domain, once it was looked at. */
	states(): DomainState[];
	stop(): void;
}

const TIMING = {
	/** A server gives its permissions right behind the handshake, ms. */
	permission: 3_000,
	/** An ejabberd with mod_privilege answers no component, ms. */
	answer: 10_000,
	/** One that was silent may be another server, that was away: when to ask it again, ms. */
	again: 60_000,
};

type Software = "Prosody" | "ejabberd" | "silent" | "other";

export function createServerLook({
	permissions,
	log,
	timing = TIMING,
}: {
	permissions: Permissions;
	log: Pick<Logger, "info" | "warn">;
	timing?: typeof TIMING;
}): ServerLook {
	const stopping = new AbortController();
	const known = new Map<string, { component: string; software: Software }>();
	const said = new Map<string, string>();
	/** How often each component was online. */
	const sessions = new Map<string, number>();

	function stateOf(domain: string): DomainState {
		// Of several connections one is enough: the others' servers may be others.
		if (permissions.given().includes(domain)) return { domain };
		const { component = "", software } = known.get(domain) ?? {};
		if (software === "ejabberd") return { domain, lacks: ejabberd(domain) };
		if (software === "silent") return { domain, lacks: silent(domain) };
		return { domain, lacks: notPermitted(domain, component) };
	}

	/** XEP-0030: which server it is. Prosody and ejabberd say their names there. */
	async function softwareOf(domain: string, ask: Requests["ask"]): Promise<Software> {
		const asked = ask("get", domain, xml("query", { xmlns: NS.discoInfo })).then(
			(answer) =>
				answer
					.getChild("query", NS.discoInfo)
					?.getChildren("identity")
					.map(({ attrs }) => String(attrs.name)) ?? [],
			(): string[] => [],
		);
		const names = await Promise.race([asked, pause(timing.answer, stopping.signal)]);
		if (names === undefined) return "silent";
		return (["Prosody", "ejabberd"] as const).find((name) => names.includes(name)) ?? "other";
	}

	async function look(domain: string, component: string, ask: Requests["ask"]): Promise<void> {
		const begun = pause(timing.permission, stopping.signal);
		const software = await softwareOf(domain, ask);
		if (stopping.signal.aborted) return;
		// What an ejabberd permits comes to nothing.
		permissions.trust(component, domain, software === "Prosody" || software === "other");
		await begun;
		if (stopping.signal.aborted) return;
		known.set(domain, { component, software });
		const { lacks } = stateOf(domain);
		const news = lacks?.id ?? "";
		if (said.get(domain) === news) return;
		said.set(domain, news);
		if (lacks) log.warn("{sentence} {cure}", about(lacks.id, { sentence: lacks.what, cure: lacks.cure }));
		else log.info("{domain} lets push be enabled for its users.", { domain });
	}

	async function lookUntilItSpeaks(domain: string, component: string, ask: Requests["ask"]): Promise<void> {
		const session = sessions.get(component);
		for (;;) {
			await look(domain, component, ask);
			if (known.get(domain)?.software !== "silent") return;
			await pause(timing.again, stopping.signal);
			if (stopping.signal.aborted || sessions.get(component) !== session) return;
		}
	}

	return {
		online(component, ask) {
			sessions.set(component, (sessions.get(component) ?? 0) + 1);
			for (const domain of permissions.domains) void lookUntilItSpeaks(domain, component, ask);
		},
		states: () => permissions.domains.filter((domain) => known.has(domain)).map(stateOf),
		stop: () => stopping.abort(),
	};
}

const ejabberd = (domain: string) => ({
	id: "enable-at-ejabberd" as const,
	what: `Push cannot be enabled for the users of ${domain}: it is an ejabberd, whose mod_push takes that from a user's own session alone.`,
	cure: `Remove ${domain} from XMPP_ENABLE_FOR: the apps of its users have to enable push themselves.`,
});

const silent = (domain: string) => ({
	id: "enable-at-ejabberd" as const,
	what: `Push cannot be enabled for the users of ${domain}: its server does not answer this component, as an ejabberd with mod_privilege does not.`,
	cure: `If it is an ejabberd, remove ${domain} from XMPP_ENABLE_FOR: the apps of its users have to enable push themselves.`,
});

const notPermitted = (domain: string, component: string) => ({
	id: "enable-not-permitted" as const,
	what: `Push is not enabled for the users of ${domain}: its server does not give ${component} the permission (XEP-0356). What is registered waits for it.`,
	cure: `In Prosody, write "privilege" into modules_enabled of the host and of the component, and below VirtualHost "${domain}": privileged_entities = { ["${component}"] = { iq = { ["${NS.push}"] = "set" } } }; then restart it (\`systemctl restart prosody\`).`,
});
