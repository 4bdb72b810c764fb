/** Whether an invite lets somebody register: it is looked up as long as its asker does not guess. */
import { registrationBounds } from "../limits/bounds/registrations.ts";
import { createBuckets } from "../limits/token-buckets.ts";
import type { InviteRefusal, Invites } from "../store/invites.ts";
import { readInviteSecret } from "../syntax/invite-secret.ts";

/** Who shows an invite. */
export interface InviteGuest {
	/** A bare JID and its domain, that the user's server vouches for; empty: nobody does. */
	whoever: readonly string[];
	/** Whose guesses are counted: the account or network, and the party that it is of, where there is one. */
	guessers: { one: string; all?: string | undefined };
	/** Looks up which invite let in what may be renewed: it is not used once more. */
	known?(): Promise<string | undefined>;
}

export type InviteAnswer =
	/** `giveBack`: it was used for nothing. */
	| { kind: "admitted"; id: string; giveBack(): Promise<void> }
	/** `reason`: a sentence for whoever showed it. */
	| { kind: "no-invite"; why: InviteRefusal; reason: string }
	/** `seconds`: until one is looked up again. */
	| { kind: "no-invite"; why: "too-often"; reason: string; seconds: number };

/** @param typed the secret of an invite's link, or its code, as a person typed it */
export type InviteCheck = (typed: string, guest: InviteGuest) => Promise<InviteAnswer>;

/** What registering asks of invites: one for all ways in of a process, since it counts guesses. */
export interface InviteDesk extends Pick<Invites, "names"> {
	check: InviteCheck;
	/**
	 * Whether somebody who shows no invite was let in by one, which was not revoked since.
	 * @param look finds the invites that did. Who was not is looked up as seldom as one who guesses
	 */
	wasLetIn(guessers: InviteGuest["guessers"], look: () => Promise<readonly string[]>): Promise<boolean>;
}

/** Who guesses, and has to wait. */
interface Patience {
	/** Counts a guess. @returns the ms until the next one may be made; 0: this one may */
	count(guessers: InviteGuest["guessers"]): number;
	/** It was no guess. */
	forgive(guessers: InviteGuest["guessers"]): void;
}

export function createInviteDesk(invites: Invites, now: () => number = Date.now): InviteDesk {
	// Apart: who has no invite yet has not guessed.
	const looking = createPatience(now);
	return {
		check: createInviteCheck(invites, createPatience(now)),
		names: invites.names,
		async wasLetIn(guessers, look) {
			// Before anything is awaited: of many at once each is counted.
			if (looking.count(guessers) > 0) return false;
			const isLetIn = await invites.anyStands(await look());
			if (isLetIn) looking.forgive(guessers);
			return isLetIn;
		},
	};
}

function createPatience(now: () => number): Patience {
	const ones = createBuckets(registrationBounds.wrongInvites.is, now);
	const parties = createBuckets(registrationBounds.wrongInvitesOfParty.is, now);
	return {
		count({ one, all }) {
			const ms = Math.max(ones.wait(one), all === undefined ? 0 : parties.wait(all));
			if (ms > 0) return ms;
			ones.take(one);
			if (all !== undefined) parties.take(all);
			return 0;
		},
		forgive({ one, all }) {
			ones.putBack(one);
			if (all !== undefined) parties.putBack(all);
		},
	};
}

const REASONS: Readonly<Record<InviteRefusal, string>> = {
	unknown: "There is no such invite: look at it again, or ask whoever gave it to you.",
	revoked: "This invite was taken back: ask whoever gave it to you for another one.",
	"for-others":
		"This invite is for another address than yours: ask whoever gave it to you for one of your own.",
	ended: "The time of this invite is over: ask whoever gave it to you for another one.",
	"used-up": "This invite was used as often as it may be: ask whoever gave it to you for another one.",
};

/** Where nobody vouches for an address. */
const OVER_XMPP =
	"This invite is for one XMPP address or domain, for which nobody vouches here: register over XMPP with it.";

function createInviteCheck(
	invites: Pick<Invites, "use" | "shownAgain" | "giveBack">,
	patience: Patience,
): InviteCheck {
	const refused = (why: InviteRefusal, { whoever }: InviteGuest): InviteAnswer => ({
		kind: "no-invite",
		why,
		reason: why === "for-others" && whoever.length === 0 ? OVER_XMPP : REASONS[why],
	});

	return async (typed, guest) => {
		// Before anything is awaited: of many guesses at once each is counted.
		const ms = patience.count(guest.guessers);
		if (ms > 0) {
			const seconds = Math.ceil(ms / 1000);
			const reason = `Too many invites that let nobody in came from you: try again in ${seconds} s.`;
			return { kind: "no-invite", why: "too-often", reason, seconds };
		}
		const secret = readInviteSecret(typed);
		if (!secret) return refused("unknown", guest);
		const known = await guest.known?.();
		const isKnown = known !== undefined && (await invites.shownAgain(secret)) === known;
		const used = isKnown ? { id: known } : await invites.use(secret, guest.whoever);
		if (typeof used === "string") return refused(used, guest);
		patience.forgive(guest.guessers);
		return {
			kind: "admitted",
			id: used.id,
			giveBack: async () => {
				if (!isKnown) await invites.giveBack(used.id);
			},
		};
	};
}
