/** What an operator does is in the log, and in the list of what happened. */
import { about } from "../../../messages/about.ts";
import { nodeForm } from "../../../messages/whom.ts";
import type { Happened } from "../../../store/console/events.ts";
import { faultOf } from "../../../store/database-fault.ts";
import { present } from "../../../syntax/present-fields.ts";
import { domainOf } from "../../../xmpp/jid.ts";
import type { AppDeps, OperatorDeps } from "../../deps.ts";

/** Whom an action is about. */
export interface Whom {
	node?: string | undefined;
	/** A bare JID, or a domain. */
	owner?: string | undefined;
	app?: string | undefined;
	/** Of the operator's browser: for the log alone. */
	network?: string | undefined;
}

/** Where an operator does something, as the end of a sentence. */
export type Place = "in the console" | "by a command";

export interface Actions {
	readonly place: Place;
	/** What a test push comes from, as the first station of its way. */
	readonly asker: string;
	/** How a bar is lifted there, in a sentence. */
	lifting(who: string): string;
	/**
	 * Notes what was done.
	 * @param what one sentence without a name, for the list: `Sent a test push`
	 */
	done(what: string, whom?: Whom): Promise<void>;
	/** Somebody showed a wrong token. @param network undefined: the runtime does not say */
	wrongToken(network: string | undefined, isTold: boolean): Promise<void>;
}

/** What an operator did, as the list of what happened has it. @param at ms since the epoch */
export const actionOf = (what: string, { node, owner, app }: Whom, at: number): Happened => ({
	at,
	kind: "action",
	...present({ node, owner: owner || undefined, app }),
	reason: what,
	decider: "operator",
	decidedBy: "The operator",
});

const TOLD_EVERY_MS = 60_000;

export function createActions(
	{ log, keyring, now = Date.now }: Pick<AppDeps, "log" | "keyring" | "now">,
	{ note, ownerForm }: Pick<OperatorDeps, "note" | "ownerForm">,
	place: Place,
): Actions {
	let toldAt = Number.NEGATIVE_INFINITY;
	let untold = 0;

	/** A domain is nobody's name. */
	async function nameOf(owner: string): Promise<string> {
		if (!owner.includes("@")) return owner;
		return ownerForm?.(owner) ?? `${domainOf(owner)}#${(await keyring.conceal(owner)).slice(0, 6)}`;
	}

	/** As the log calls them. */
	async function shortened({ node, owner, app, network }: Whom): Promise<Record<string, string>> {
		return present({
			node: node === undefined ? undefined : nodeForm(node),
			owner: owner === undefined ? undefined : await nameOf(owner),
			app,
			network,
		});
	}

	async function write(what: string, whom: Whom) {
		try {
			await note(actionOf(what, whom, now()));
		} catch (error) {
			log.warn(
				"What was done {place} could not be saved in {database}: {error}",
				about("console-note-lost", { place, error: faultOf(error) }),
			);
		}
	}

	return {
		place,
		asker: place === "by a command" ? "Command" : "Console",
		lifting: (who) =>
			place === "by a command" ? `Lift it with “reveille bar lift ${who}”.` : "Lift it under “Barred”.",

		async done(what, whom = {}) {
			const values = await shortened({ ...whom, owner: whom.owner || undefined });
			const names = Object.keys(values).map((name) => `${name} {${name}}`);
			log.info(`The operator, {place}: {what}${names.length > 0 ? `, ${names.join(", ")}` : ""}.`, {
				place,
				what,
				...values,
			});
			await write(what, whom);
		},

		async wrongToken(network, isTold) {
			untold++;
			if (!isTold || Math.abs(now() - toldAt) < TOLD_EVERY_MS) return;
			toldAt = now();
			const count = untold;
			untold = 0;
			log.warn(
				"A wrong token was shown at the console's sign-in, the last one from {network}. Since the last such line: {count}. Few are looked at in a minute.",
				about("console-token-wrong", { network: network ?? "an unknown network", count }),
			);
			await write(
				`A sign-in with a wrong token was refused${count > 1 ? `, and ${count - 1} before it` : ""}`,
				{},
			);
		},
	};
}
