/**
 * Why somebody gets pushes, or none: who decided, what it means, and what to do. The first cause that is known counts, in
 * the order in which a push would meet it.
 */

import { nodeForm } from "../../../../messages/whom.ts";
import type { Bar } from "../../../../store/console/bars.ts";
import type { Happened } from "../../../../store/console/events.ts";
import type { Enabling } from "../../../../types.ts";
import type { GateView, RegistrationView } from "../../../../web/console/wire.ts";
import { UNIFIED_PUSH } from "../../../../xmpp/unified-push.ts";
import { because, cureOf, cureOfGate } from "./reasons.ts";
import { ago, hasBeen, many, sentence, span } from "./words.ts";

/** What is known of one registration. Times are ms since the epoch. */
export interface RegistrationFacts {
	now: number;
	/** The owner's bare JID; empty: it registered over HTTP. */
	owner: string;
	/** What it is called: its name, or what it is. */
	device: string;
	app: string;
	/** Its push service, as people call it. */
	provider: string;
	/** Undefined: the row is gone. */
	row:
		| {
				registeredAt: number;
				lastSuccessAt?: number | undefined;
				lastErrorAt?: number | undefined;
				lastError?: string | undefined;
		  }
		| undefined;
	/** About this node; the newest first. */
	events: readonly Happened[];
	/** Publishes of its owner's server that fitted no registration: whose they were is not known. The newest first. */
	fromServer: readonly Happened[];
	/** What this process took in last. */
	last: { at: number; answer: string } | undefined;
	/** The gate that its pushes go through, if it is shut. */
	gate: GateView | undefined;
	bar: Bar | undefined;
	/** What became of push at its owner's server, where Reveille asked for it. */
	enabling?: Enabling | undefined;
	/** How a bar is lifted, as a sentence begins: where the reader is. */
	lifting: string;
	/** What admins are told of clocks. */
	clocks: readonly string[];
	/** Whether UnifiedPush is served: then there are devices of no app in the settings. */
	isUnifiedPush: boolean;
	/** The owner's other devices to which pushes were delivered: their server publishes. */
	othersWork: boolean;
}

type Said = Pick<RegistrationView, "title" | "text" | "state">;

export function registrationSentences(facts: RegistrationFacts): Said {
	return (
		barred(facts) ??
		ended(facts) ??
		unifiedPush(facts) ??
		wrongClock(facts) ??
		shutGate(facts) ??
		notEnabled(facts) ??
		wrongPublish(facts) ??
		neverPublished(facts) ??
		waits(facts) ??
		fails(facts) ??
		works(facts)
	);
}

/** `romeo`, as a sentence calls him. */
const nameOf = ({ owner }: RegistrationFacts) =>
	owner === "" ? "This device" : owner.split("@", 1)[0] || owner;
const gets = (facts: RegistrationFacts) => `${nameOf(facts)} gets no pushes here`;
const domainOf = (owner: string) => owner.slice(owner.indexOf("@") + 1);
/** Whose server has to publish. */
const serverOf = ({ owner }: RegistrationFacts) => (owner === "" ? "its user's server" : domainOf(owner));
const ask = (facts: RegistrationFacts) =>
	facts.owner === "" ? "Open its app once" : `Ask ${nameOf(facts)} to open the app once`;

/** 1. The operator does not serve its owner. */
function barred(facts: RegistrationFacts): Said | undefined {
	const { bar, now, lifting } = facts;
	if (!bar) return undefined;
	const why = bar.reason === "" ? "" : ` The reason that was given: ${sentence(bar.reason)}`;
	return {
		state: "bad",
		title: `${gets(facts)}: you barred ${bar.who}`,
		text: `You did so ${ago(bar.at, now)}.${why} ${lifting} A device that ended must register again: ${ask(facts).replace(/^\w/, (first) => first.toLowerCase())}.`,
	};
}

/** 2. The row is gone, and an event tells why. */
function ended(facts: RegistrationFacts): Said | undefined {
	if (facts.row) return undefined;
	const { events, now, device, provider } = facts;
	const end = events.find(({ kind }) => kind === "ended");
	if (!end) {
		return {
			state: "off",
			title: "There is no such registration",
			text: "No device has this node, and nothing that happened in the last 30 days tells of one. Look at what its server publishes to.",
		};
	}
	const since = ago(end.at, now);
	const after = events.some(({ kind, at }) => kind === "wrong-node" && at > end.at)
		? ` ${serverOf(facts)} has published since, and was told that the device is gone.`
		: "";
	switch (end.decider) {
		case "provider":
			return {
				state: "bad",
				title: `${gets(facts)}: ${end.decidedBy || provider} says that ${device} is gone`,
				text: `It answered “${end.reason}” ${since}.${after} ${ask(facts)}: it registers again by itself.`,
			};
		case "owner":
			return {
				state: "off",
				title: `${nameOf(facts)} ended ${device}`,
				text: `That was ${since}: ${sentence(end.reason)}${after} ${ask(facts)} if it should be woken again.`,
			};
		case "operator":
			return {
				state: "off",
				title: `${gets(facts)}: you ended ${device}`,
				text: `That was ${since}: ${sentence(end.reason)}${after} ${ask(facts)} if it should be woken again.`,
			};
		case "sweep":
			return {
				state: "off",
				title: `${device} was not used for long, and ended`,
				text: `It was neither renewed nor pushed to for as long as RETENTION_DAYS says, and ended ${since}.${after} ${ask(facts)}: it registers again by itself.`,
			};
		default:
			return {
				state: "off",
				title: `${device} ended`,
				text: `That was ${since}, decided by ${end.decidedBy}: ${sentence(end.reason)}${after} ${ask(facts)}.`,
			};
	}
}

/** It is not published to: apps' servers post to its endpoint (docs/unifiedpush.md). */
function unifiedPush(facts: RegistrationFacts): Said | undefined {
	const { app, row, device, now, isUnifiedPush } = facts;
	if (app !== UNIFIED_PUSH || !row) return undefined;
	if (!isUnifiedPush) {
		return {
			state: "bad",
			title: `${gets(facts)}: UnifiedPush is off`,
			text: `Its endpoint is answered 404, and apps' servers forget it. Set UNIFIEDPUSH=true and restart Reveille; the app may have to register again.`,
		};
	}
	if (row.lastSuccessAt === undefined) {
		return {
			state: "off",
			title: `No push has come to ${device} of ${nameOf(facts)} so far`,
			text: "No app's server has posted to its endpoint, or the phone was away since. What waits goes out when the phone comes online.",
		};
	}
	return {
		state: "ok",
		title: `${nameOf(facts)} is reached: the last push arrived ${ago(row.lastSuccessAt, now)}`,
		text: `${device} took it for one of its apps. What comes while the phone is away waits, for as long as its sender said.`,
	};
}

const SAYS_CLOCK = /\bclock\b|\btoo old\b|not valid yet|has expired/i;

/** 3. What is signed in another time is refused. */
function wrongClock(facts: RegistrationFacts): Said | undefined {
	const { clocks, row, gate, provider, now } = facts;
	const refusal = [gate?.why, failsNow(row) ? row?.lastError : undefined].find(
		(why) => why && SAYS_CLOCK.test(why),
	);
	// Google and Microsoft refuse what was signed in another time as they refuse any other signature.
	const isOurs = gate !== undefined && gate.state !== "open" && gate.until === undefined;
	if (refusal === undefined && !(isOurs && clocks.length > 0)) return undefined;
	if (clocks.length === 0) {
		return {
			state: "bad",
			title: `${gets(facts)}: ${provider} refuses what we sign, which a wrong clock does`,
			text: `It answered “${refusal}”. No server that Reveille asked has another time than this machine, so look at the key first; then compare this machine's clock with another one.`,
		};
	}
	const theirs =
		clocks.length === 1
			? " If only that one differs, its clock is wrong, and not yours."
			: " Several say so: it is this machine's clock.";
	const waiting =
		gate && gate.waiting > 0 ? ` ${many(gate.waiting, "push waits", "pushes wait")}; none is lost.` : "";
	const since = hasBeen("so", gate?.since, now);
	return {
		state: "bad",
		title: `${gets(facts)}: a clock is wrong, and ${provider} refuses what we sign`,
		text: `${clocks.join(" ")}${theirs}${since}${waiting}`,
	};
}

/** 4. Nobody's pushes go there now. */
function shutGate(facts: RegistrationFacts): Said | undefined {
	const { gate, now, provider } = facts;
	if (!gate || gate.state === "open") return undefined;
	const isOurs = gate.until === undefined;
	const where = gate.origin ?? gate.app;
	const since = hasBeen("shut", gate.since, now);
	const waiting =
		gate.waiting > 0 ? ` ${many(gate.waiting, "push waits", "pushes wait")}; none is lost.` : "";
	const next =
		gate.until === undefined
			? ""
			: ` It is tried again ${gate.until <= now ? "now" : `in ${span(gate.until - now)}`}.`;
	return {
		state: isOurs ? "bad" : "warn",
		title: isOurs
			? `${gets(facts)}: ${provider} refuses the credentials of ${gate.app}`
			: `Pushes of ${nameOf(facts).replace(/^This/, "this")} wait: the gate of ${where} is shut`,
		text: `${because(gate.why).trim()}${since}${next}${waiting} ${cureOfGate(isOurs)}`.trim(),
	};
}

/** 5. Its owner's server does not do what Reveille asks of it in the owner's name. */
function notEnabled(facts: RegistrationFacts): Said | undefined {
	const { enabling, row, now } = facts;
	if (!row || !enabling || (enabling.state !== "waiting" && enabling.state !== "refused")) return undefined;
	const why = enabling.reason === undefined ? "" : ` The reason: ${sentence(enabling.reason)}`;
	const isRefused = enabling.state === "refused";
	return {
		state: isRefused ? "bad" : "warn",
		title: isRefused
			? `${gets(facts)}: ${serverOf(facts)} refused to enable push`
			: `${gets(facts)} yet: push is not enabled at ${serverOf(facts)}`,
		text: `${hasBeen("so", enabling.since, now).trim()}${why} ${isRefused ? `${ask(facts)}: it registers again, and the server is asked again.` : "The server is asked again by itself, for a week."}`,
	};
}

/** When a publish was last taken, as far as is known. */
const takenAt = ({ row, last }: RegistrationFacts): number =>
	Math.max(last?.at ?? 0, row?.lastSuccessAt ?? 0, row?.lastErrorAt ?? 0);

/** 6. Somebody publishes, and not as it should be. */
function wrongPublish(facts: RegistrationFacts): Said | undefined {
	const { events, now, owner } = facts;
	const wrong = events.find(
		({ kind, at }) => (kind === "wrong-node" || kind === "wrong-secret") && at > takenAt(facts),
	);
	if (!wrong) return elsewhere(facts);
	const publisher = wrong.decidedBy || serverOf(facts);
	const when = `It last did so ${ago(wrong.at, now)}.`;
	if (wrong.kind === "wrong-secret") {
		return {
			state: "bad",
			title: `${gets(facts)}: ${publisher} publishes with a wrong secret`,
			text: `${when} The node is right and its secret is not, so the publish was refused. ${renewing(facts)}`,
		};
	}
	return {
		state: "bad",
		title: `${gets(facts)}: ${publisher} publishes, and it may not`,
		text: `${when} ${sentence(wrong.reason)} For ${owner || "this device"} only ${serverOf(facts)} may publish, unless XMPP_PUBLISHERS=any says otherwise.`,
	};
}

const renewing = (facts: RegistrationFacts) =>
	`The server has kept an older registration. ${ask(facts)}, or turn its notifications off and on: it tells the server the new node and secret.`;

/** The node of another registration, or of none, is all that the owner's server publishes to. */
function elsewhere(facts: RegistrationFacts): Said | undefined {
	const { fromServer, now, row } = facts;
	if (takenAt(facts) > 0 || !row) return undefined;
	const wrong = fromServer.find(({ at }) => at > row.registeredAt);
	if (!wrong) return undefined;
	const node = wrong.node === undefined ? "" : `, last to “${nodeForm(wrong.node)}…”`;
	return {
		state: "bad",
		title: `${gets(facts)}: ${serverOf(facts)} publishes to a wrong node`,
		text: `It never published to this device, and ${ago(wrong.at, now)} it did to a node that is none here${node}. That may have been for somebody else of ${serverOf(facts)}. If not: ${renewing(facts).replace(/^T/, "t")}`,
	};
}

/** 7. Nothing ever came. */
function neverPublished(facts: RegistrationFacts): Said | undefined {
	const { row, now, othersWork } = facts;
	if (takenAt(facts) > 0 || !row) return undefined;
	const server = serverOf(facts);
	const why = othersWork
		? `${server} publishes for other devices of ${nameOf(facts)}, so this app has not told it about this one, or it was online all the time.`
		: `Either it cannot: XEP-0357 is off there (Prosody: mod_cloud_notify, ejabberd: mod_push). Or the app has not enabled push at it. Or nothing came for ${nameOf(facts).replace(/^This/, "this")} while it was away.`;
	return {
		state: "warn",
		title: `${server.replace(/^its/, "Its")} never published for ${facts.owner === "" ? "this device" : `${facts.device} of ${nameOf(facts)}`}`,
		text: `It registered ${ago(row.registeredAt, now)}, and no publish with its node came since. ${why} A test push shows whether the rest of the way works.`,
	};
}

/** 8. It is on disk. */
function waits(facts: RegistrationFacts): Said | undefined {
	const { last, row, now, provider } = facts;
	if (last?.answer !== "queued" || (row?.lastSuccessAt ?? 0) >= last.at) return undefined;
	const why = failsNow(row) && row?.lastError ? because(row.lastError) : "";
	return {
		state: "warn",
		title: `A push for ${nameOf(facts).replace(/^This/, "this")} waits, and is tried again by itself`,
		text: `It came ${ago(last.at, now)}, and could not go out to ${provider} at once.${why} ${cureOf("later", row?.lastError ?? "")}`,
	};
}

function failsNow(row: RegistrationFacts["row"]): boolean {
	return row?.lastErrorAt !== undefined && row.lastErrorAt > (row.lastSuccessAt ?? 0);
}

/** 9. It goes out, and is not taken. */
function fails(facts: RegistrationFacts): Said | undefined {
	const { row, now, provider, events } = facts;
	if (!row || !failsNow(row)) return undefined;
	const reason = row.lastError ?? "no reason is known";
	const before =
		row.lastSuccessAt === undefined
			? "None was ever delivered."
			: `The last one arrived ${ago(row.lastSuccessAt, now)}.`;
	const isRefused = events.find(({ kind }) => kind === "failed" || kind === "refused")?.kind === "refused";
	return {
		state: "bad",
		title: `${gets(facts)}: ${provider} does not take them`,
		text: `It answered “${reason}” ${ago(row.lastErrorAt ?? now, now)}. ${before} ${cureOf(isRefused ? "refused" : "later", reason)}`,
	};
}

/** 10. All is well. */
function works(facts: RegistrationFacts): Said {
	const { row, now, last, provider } = facts;
	if (row?.lastSuccessAt === undefined) {
		return {
			state: "ok",
			title: `${serverOf(facts).replace(/^its/, "Its")} publishes, and nothing was to be sent yet`,
			text: `The last publish came ${ago(takenAt(facts), now)} and was answered “${last?.answer ?? "done"}”. Its class may be one that this device does not ask for.`,
		};
	}
	return {
		state: "ok",
		title: `${nameOf(facts)} is woken: the last push arrived ${ago(row.lastSuccessAt, now)}`,
		text: `${provider} took it for ${facts.device}. If nothing shows there, look at that device's settings for notifications, and send a test push.`,
	};
}
