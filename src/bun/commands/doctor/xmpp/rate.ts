/**
 * How fast the server takes what the account sends. Stock servers hold accounts up, answers to publishes too. Measured
 * by some questions to the server from a session of its own, whose limit is its own too.
 */
import xml from "@xmpp/xml";
import { NS } from "../../../../xmpp/namespaces.ts";
import type { Requests } from "../../../../xmpp/requests.ts";
import { type Finding, ok, warn } from "../finding.ts";

/** More together than stock servers let through at once (Prosody 20 kB, ejabberd 20 kB). */
const QUESTIONS = 48;
const PADDING = "x".repeat(900);
/** With their tags, bytes. */
const BYTES = 1_050;
/** How long to look, ms. */
const LOOK_MS = 5_000;
/** All of them in less time: there is no limit that matters, ms. */
const QUICK_MS = 1_500;
/** About what an answer to a publish takes, bytes. */
const ANSWER_BYTES = 200;

/** What was measured. */
export interface Rate {
	/** Bytes a second; undefined: no limit was met. */
	limit: number | undefined;
	/** How long the questions took, or how long was looked, ms. */
	ms: number;
}

/** @param now ms, by a clock that only goes forward */
export async function measureRate(
	{ ask }: Pick<Requests, "ask">,
	domain: string,
	{ lookMs = LOOK_MS, now = () => performance.now() } = {},
): Promise<Rate> {
	const startedAt = now();
	const times: number[] = [];
	const note = () => void times.push(now() - startedAt);
	const all = Array.from({ length: QUESTIONS }, () =>
		// An error is an answer too; that none came in time is none.
		ask("get", domain, xml("ping", { xmlns: NS.ping, padding: PADDING })).then(note, (error: Error) => {
			if (now() - startedAt < lookMs && !/remote-server-timeout/.test(error.message)) note();
		}),
	);
	await Promise.race([Promise.all(all), Bun.sleep(lookMs)]);
	const ms = now() - startedAt;
	if (times.length === QUESTIONS && ms < QUICK_MS) return { limit: undefined, ms };
	// The first ones go through at once: the rest shows the rate.
	const half = Math.floor(times.length / 2);
	const [from = 0, to = ms] = [times[half], times.at(-1)];
	const count = times.length - 1 - half;
	const seconds = Math.max(to - from, 1) / 1000;
	return { limit: count > 0 ? (count * BYTES) / seconds : (times.length * BYTES) / (ms / 1000), ms };
}

/** How to exempt an account. */
function cure(software: string, username: string, domain: string): string {
	const prosody = `in prosody.cfg.lua: unlimited_jids = { "${username}@${domain}" }, then restart it (systemctl restart prosody)`;
	const ejabberd = `in ejabberd.yml: acl: { push: { user: [${username}@${domain}] } } and shaper_rules: { c2s_shaper: [{ none: push }, { normal: all }] }, then ejabberdctl reload-config`;
	if (/prosody/i.test(software)) return prosody;
	if (/ejabberd/i.test(software)) return ejabberd;
	return `${prosody}; ${ejabberd}`;
}

export function rateFinding(
	{ limit, ms }: Rate,
	{ software, username, domain }: { software: string; username: string; domain: string },
): Finding {
	if (limit === undefined) {
		return ok(
			"Rate limit",
			`none was met: ${Math.round((QUESTIONS * BYTES) / 1000)} kB went through at once.`,
			ms,
		);
	}
	const text = `the server takes ${(limit / 1000).toFixed(1)} kB a second from this account: that is some ${Math.max(1, Math.round(limit / ANSWER_BYTES))} publishes a second, and more wait.`;
	return warn("Rate limit", text, cure(software, username, domain));
}
