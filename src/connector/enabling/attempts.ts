/** One try at a user's server (XEP-0356): push is enabled or disabled there, and what came of it is written down. */
import type { Logger } from "@logtape/logtape";
import type { XmppConnection } from "../../config/connections.ts";
import { enablingBounds } from "../../limits/bounds/enabling.ts";
import { about } from "../../messages/about.ts";
import { nodeForm, type OwnerForm } from "../../messages/whom.ts";
import type { Keyring } from "../../secrets.ts";
import type { Enablings, OpenEnabling } from "../../store/enablings.ts";
import type { Registrations } from "../../store/registrations/registrations.ts";
import { disableFor, enableFor, requireDone } from "../../xmpp/privilege.ts";
import { RequestFailed, type Requests } from "../../xmpp/requests.ts";
import { hasJid } from "../connections.ts";
import { type Refusal, refusalOf } from "./answers.ts";
import type { Permissions } from "./permissions.ts";

/** A connection that may have the permission. */
export interface EnablingComponent {
	settings: XmppConnection;
	ask: Requests["ask"];
}

export interface AttemptDeps {
	enablings: Enablings;
	registrations: Pick<Registrations, "findAtPrimary">;
	keyring: Pick<Keyring, "secretOf" | "usable" | "underCurrentKey">;
	permissions: Pick<Permissions, "has" | "known" | "given" | "domains">;
	ownerForm: OwnerForm;
	log: Logger;
	now: () => number;
}

/** Before the second try, and at most between two, ms. */
export interface Backoff {
	first: number;
	/** Of enabling. */
	longestWaiting: number;
	/** Of disabling. */
	longestEnding: number;
}

const DAY_MS = 86_400_000;
const NEVER_ASKED = "its server could not be asked in all that time";

/**
 * @param components those that ask
 * @param patience how long to wait for what is not known yet of a server
 * @returns does what is to be done for a node, if there is anything
 */
export function createAttempts(
	deps: AttemptDeps,
	components: () => readonly EnablingComponent[],
	backoff: Backoff,
	patience: () => Promise<void>,
): (node: string) => Promise<void> {
	const { enablings, registrations, keyring, permissions, now } = deps;
	const report = createReports(deps);

	/** The connection that may ask this user's server. @returns a sentence: there is none */
	function componentFor({ jid, domain }: OpenEnabling): EnablingComponent | string {
		if (!permissions.domains.includes(domain)) return `XMPP_ENABLE_FOR does not list ${domain}`;
		const its = components().filter(({ settings }) => hasJid(settings, jid));
		if (its.length === 0) return `no connection has the address ${jid}`;
		return (
			its.find(({ settings }) => permissions.has(settings.address, domain)) ??
			`${domain} does not give the permission (XEP-0356)`
		);
	}

	/** @returns undefined: it was done */
	async function ask(
		open: OpenEnabling,
		payload: () => Promise<ReturnType<typeof disableFor>>,
	): Promise<{ means: Refusal; reason: string } | undefined> {
		// No longer than its answer is waited for: it may be another's to decide by then, and all would ask at once.
		if (permissions.domains.includes(open.domain))
			await Promise.race([permissions.known(open.domain), patience()]);
		const component = componentFor(open);
		if (typeof component === "string") return { means: "not-permitted", reason: component };
		try {
			requireDone(await component.ask("set", open.owner, await payload()));
			return undefined;
		} catch (error) {
			if (!(error instanceof RequestFailed)) throw error;
			return { means: refusalOf(error), reason: `its server answered ${error.message}` };
		}
	}

	const isOlderThan = ({ triedSince }: OpenEnabling, days: number) => now() - triedSince > days * DAY_MS;
	const isPermitted = ({ domain }: OpenEnabling) => permissions.given().includes(domain);
	const nextTry = ({ tries }: OpenEnabling, longest: number) =>
		now() + Math.min(backoff.first * 2 ** Math.min(tries, 30), longest);

	async function enable(open: OpenEnabling): Promise<void> {
		const { node, jid, owner } = open;
		if (!(await registrations.findAtPrimary(node))) {
			// It was never made, or ended meanwhile: the server may have it all the same, if its answer got lost.
			await enablings.end([node]);
			return attempt(node);
		}
		// Whoever vouched for the account did that long ago.
		if (isOlderThan(open, enablingBounds.waitingDays.is)) return refuse(open, open.reason ?? NEVER_ASKED);
		const secret = keyring.secretOf(keyring.usable(node));
		const failed = await ask(open, async () => enableFor(owner, { jid, node, secret: await secret }));
		if (!failed) {
			if (await enablings.settle(open, { state: "enabled" })) report.enabled(open);
			return endTwins(open);
		}
		const { means, reason } = failed;
		if (means === "no-user") return refuse(open, reason);
		const dueAt = nextTry(open, backoff.longestWaiting);
		if (await enablings.settle(open, { state: "waiting", reason, dueAt })) report.waits(open, reason);
	}

	async function refuse(open: OpenEnabling, reason: string): Promise<void> {
		if (await enablings.settle(open, { state: "refused", reason })) report.refused(open, reason);
	}

	/** The same registration under an older key: its server has the current one now (key-change.ts). */
	async function endTwins({ node, owner }: OpenEnabling): Promise<void> {
		const current = keyring.underCurrentKey(node);
		const twins = (await enablings.ofOwner(owner)).filter(
			(one) => one.node !== node && keyring.underCurrentKey(one.node) === current,
		);
		if (twins.length > 0) await enablings.end(twins.map((one) => one.node));
	}

	async function disable(open: OpenEnabling): Promise<void> {
		const { jid, node, owner } = open;
		const isTooOld = isOlderThan(open, enablingBounds.endingDays.is);
		if (isTooOld && !isPermitted(open)) return giveUp(open, open.reason ?? NEVER_ASKED);
		const failed = await ask(open, async () => disableFor(owner, { jid, node }));
		// With the account went what it had enabled.
		if (!failed || failed.means === "no-user") {
			if (await enablings.done(open)) report.disabled(open, failed?.reason);
			return;
		}
		const { reason } = failed;
		if (isTooOld) return giveUp(open, reason);
		const dueAt = nextTry(open, backoff.longestEnding);
		if (await enablings.settle(open, { state: "ending", reason, dueAt })) report.waits(open, reason);
	}

	async function giveUp(open: OpenEnabling, reason: string): Promise<void> {
		if (await enablings.done(open)) report.givenUp(open, reason);
	}

	async function attempt(node: string): Promise<void> {
		const open = await enablings.find(node);
		if (open?.state === "waiting") await enable(open);
		else if (open?.state === "ending") await disable(open);
	}

	return attempt;
}

/** What the log says of each: all of it, since it is done in users' names. */
function createReports({ log, ownerForm }: Pick<AttemptDeps, "log" | "ownerForm">) {
	const values = ({ owner, node, jid }: OpenEnabling, reason?: string) => ({
		owner: ownerForm(owner),
		node: nodeForm(node),
		jid,
		// A server's answer may name its user.
		...(reason !== undefined && { reason: reason.replaceAll(owner, () => ownerForm(owner)) }),
	});
	return {
		enabled: (open: OpenEnabling) =>
			log.info("Push is enabled for {owner} at its server: node {node} at {jid}.", values(open)),
		disabled: (open: OpenEnabling, reason?: string) =>
			log.info(
				reason === undefined
					? "Push is disabled for {owner} at its server: node {node} at {jid}."
					: "Push need not be disabled for {owner}, node {node} at {jid}: {reason}.",
				values(open, reason),
			),
		refused: (open: OpenEnabling, reason: string) =>
			log.warn(
				"Push is not enabled for {owner}, node {node} at {jid}, and not tried again before its device registers again: {reason}.",
				about("enabling-refused", values(open, reason)),
			),
		/** Once, and when the reason is another one; for all of a domain its permission is warned of. */
		waits(open: OpenEnabling, reason: string) {
			if (open.reason === reason) return;
			log.info(
				open.state === "waiting"
					? "Push is not enabled for {owner} yet, node {node} at {jid}: {reason}. It is tried again."
					: "Push is not disabled for {owner} yet, node {node} at {jid}: {reason}. It is tried again.",
				values(open, reason),
			);
		},
		givenUp: (open: OpenEnabling, reason: string) =>
			log.warn(
				"Push could not be disabled for {owner}, node {node} at {jid}, and it is given up: {reason}.",
				about("disabling-given-up", values(open, reason)),
			),
	};
}
