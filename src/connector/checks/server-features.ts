/**
 * What an account's server offers of what push needs, asked whenever a stream is new: what it lacks is told to the
 * operator with the lines that mend it.
 */

import type { Logger } from "@logtape/logtape";
import xml from "@xmpp/xml";
import type { XmppAccount } from "../../config/connections.ts";
import { about } from "../../messages/about.ts";
import type { MessageId } from "../../messages/table.ts";
import { bareOf } from "../../xmpp/jid.ts";
import { NS } from "../../xmpp/namespaces.ts";
import type { Requests } from "../../xmpp/requests.ts";
import type { XmppStream } from "../stream/stream.ts";

/** What is known of a server; undefined: it did not say, or was not asked yet. */
export interface ServerFacts {
	/** Does it publish for its users (XEP-0357)? */
	push: boolean | undefined;
	/** Does it send Push 2.0 for them? */
	push2: boolean | undefined;
	/** Does it keep the session for us when the connection is lost (XEP-0198)? */
	resumption: boolean | undefined;
	/** The longest stanza that it says it takes, bytes (XEP-0478). */
	longestStanza: number | undefined;
}

export interface ServerCheck {
	/** A stream was opened. @returns resolves when the server has been asked */
	online(stream: Pick<XmppStream, "resumable" | "takes">): Promise<void>;
	facts(): ServerFacts;
	/** A sentence for each thing that it lacks. */
	lacks(): string[];
	/** The same in two parts: what it lacks, and how to mend it. */
	lacking(): readonly Lack[];
}

/** Something that a server lacks. */
export interface Lack {
	id: MessageId;
	what: string;
	/** The lines that mend it. */
	cure: string;
}

export interface ServerCheckDeps {
	account: XmppAccount;
	ask: Requests["ask"];
	/** Called with what the server's clock says, ms since the epoch. */
	onTime(date: number): void;
	log: Pick<Logger, "info" | "warn">;
	now?: () => number;
}

type Software = "Prosody" | "ejabberd";

/** How each is mended in each server. */
const CURES = {
	push: {
		Prosody: `write "cloud_notify" into modules_enabled of prosody.cfg.lua (up to Prosody 0.12 it comes with the package prosody-modules), then restart it (\`systemctl restart prosody\`)`,
		ejabberd: "write `mod_push: {}` below `modules:` of ejabberd.yml, then `ejabberdctl reload-config`",
	},
	resumption: {
		Prosody: `write "smacks" into modules_enabled of prosody.cfg.lua, then restart it (\`systemctl restart prosody\`)`,
		ejabberd:
			"write `mod_stream_mgmt: {}` below `modules:` of ejabberd.yml, then `ejabberdctl reload-config`",
	},
} as const satisfies Record<string, Record<Software, string>>;

export function createServerCheck(deps: ServerCheckDeps): ServerCheck {
	const { account, ask, onTime, log, now = Date.now } = deps;
	const { address, domain } = account;
	const facts: ServerFacts = {
		push: undefined,
		push2: undefined,
		resumption: undefined,
		longestStanza: undefined,
	};
	let software: Software | undefined;
	/** What the log has said. */
	let said = "";

	function lacks(): Lack[] {
		const cure = (lack: keyof typeof CURES) => {
			const { Prosody, ejabberd } = CURES[lack];
			if (software !== undefined) return `In ${software}, ${CURES[lack][software]}.`;
			return `In Prosody, ${Prosody}. In ejabberd, ${ejabberd}.`;
		};
		const lacking: ReturnType<typeof lacks> = [];
		if (facts.push === false) {
			const what = `${domain} does not offer push (urn:xmpp:push:0, XEP-0357): its users cannot be woken.`;
			lacking.push({ id: "xmpp-server-lacks-push", what, cure: cure("push") });
		}
		if (facts.resumption === false) {
			const what = `${domain} does not resume streams (XEP-0198): what is published while Reveille is away is lost.`;
			lacking.push({ id: "xmpp-server-lacks-resumption", what, cure: cure("resumption") });
		}
		return lacking;
	}

	async function askForPush() {
		const features = await ask("get", bareOf(address), xml("query", { xmlns: NS.discoInfo }));
		const query = features.getChild("query", NS.discoInfo);
		const names = query?.getChildren("feature").map(({ attrs }) => attrs.var) ?? [];
		facts.push = names.includes(NS.push);
		facts.push2 = names.includes(NS.push2);
	}

	/** XEP-0202 */
	async function askForTime() {
		const asked = now();
		const answer = await ask("get", domain, xml("time", { xmlns: NS.time }));
		const date = Date.parse(answer.getChild("time", NS.time)?.getChildText("utc") ?? "");
		// A slow answer says as little of our clock as of theirs.
		if (!Number.isNaN(date) && now() - asked < SLOW_MS) onTime(date);
	}

	async function askForSoftware() {
		const answer = await ask("get", domain, xml("query", { xmlns: NS.version }));
		const name = answer.getChild("query", NS.version)?.getChildText("name") ?? "";
		software = (["Prosody", "ejabberd"] as const).find((each) =>
			name.toLowerCase().includes(each.toLowerCase()),
		);
	}

	async function look() {
		// What is not answered stays as it was.
		const unless = (asking: Promise<void>) => asking.catch(() => {});
		await Promise.all([unless(askForPush()), unless(askForTime())]);
		if (lacks().length > 0 && software === undefined) await unless(askForSoftware());
		tell();
	}

	function tell() {
		const { push, longestStanza } = facts;
		const lacking = lacks();
		const news = JSON.stringify([facts, lacking]);
		if (news === said) return;
		said = news;
		for (const lack of lacking)
			log.warn("{address}: {sentence}", about(lack.id, { address, sentence: sentenceOf(lack) }));
		log.info("{address}: its server offers push: {push}; resumption: {resumption}; longest stanza: {size}.", {
			address,
			push: push === undefined ? "it does not say" : push ? "yes" : "no",
			resumption: facts.resumption ? "yes" : "no",
			size: longestStanza === undefined ? "it does not say" : `${longestStanza} bytes`,
		});
	}

	return {
		online({ resumable, takes }) {
			facts.resumption = resumable;
			facts.longestStanza = takes;
			return look();
		},
		facts: () => ({ ...facts }),
		lacks: () => lacks().map(sentenceOf),
		lacking: lacks,
	};
}

const sentenceOf = ({ what, cure }: Lack) => `${what} ${cure}`;

/** An answer that took longer says nothing of a clock, ms. */
const SLOW_MS = 10_000;
