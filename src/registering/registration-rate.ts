/**
 * How often registrations are made at XMPP users' word. A domain makes as many accounts as it likes, and names under
 * it, so that a quota for each of them is none: who registered the domain counts as one.
 *
 * What strangers do must not keep out those whose devices are woken already: a domain of theirs has a bucket of its
 * own, and what is registered may be renewed when nothing new may be made.
 */
import { registrationBounds } from "../limits/bounds/registrations.ts";
import { createRecent } from "../limits/recent-names.ts";
import { createBuckets } from "../limits/token-buckets.ts";

/** Domains whose proof is remembered. */
const KEPT = 20_000;
/** How long it is remembered that a domain has a device that was reached, and that it has none yet, ms. */
const PROVEN_MS = 3_600_000;
const UNPROVEN_MS = 60_000;

/** All domains without a proof share one bucket. */
const STRANGERS = "";

export interface RegistrationRate {
	/**
	 * Counts a registration. One object for all connections of a process.
	 * @param who.owner a bare JID
	 * @param who.party the registrable domain of the owner
	 * @param isThere whether it renews a registration that is there; called only where no new one may be made
	 * @returns undefined: it may be made. Otherwise a sentence that says why not now
	 */
	refuses(
		who: { owner: string; party: string },
		isThere: () => Promise<boolean>,
	): Promise<string | undefined>;
}

/** @param effects.isProven whether a device of a party was ever reached; reads the database */
export function createRegistrationRate({
	isProven,
	now = Date.now,
}: {
	isProven(party: string): Promise<boolean>;
	now?: () => number;
}): RegistrationRate {
	const owners = createBuckets(registrationBounds.ownerRate.is, now);
	const parties = createBuckets(registrationBounds.partyRate.is, now);
	const strangers = createBuckets(registrationBounds.strangersRate.is, now);
	const renewals = createBuckets(registrationBounds.renewalRate.is, now);
	const proofs = createRecent<{ isProven: boolean; at: number }>(KEPT);

	async function isKnown(party: string): Promise<boolean> {
		const known = proofs.get(party);
		const at = now();
		if (known && Math.abs(at - known.at) < (known.isProven ? PROVEN_MS : UNPROVEN_MS)) return known.isProven;
		const proof = { isProven: await isProven(party), at };
		proofs.set(party, proof);
		return proof.isProven;
	}

	/** A registration that one bucket refuses takes nothing from the next bucket. */
	async function mayBeNew(party: string): Promise<string | undefined> {
		if (parties.take(party) > 0) return "Too many new registrations from your server";
		if ((await isKnown(party)) || strangers.take(STRANGERS) === 0) return undefined;
		return "Too many new registrations from servers that are new here";
	}

	return {
		async refuses({ owner, party }, isThere) {
			if (owners.take(owner) > 0) return "Your account registers too often: try again in a minute.";
			const refusal = await mayBeNew(party);
			if (refusal === undefined) return undefined;
			// Looking costs a database query, so renewals have a rate too.
			if (renewals.take(party) === 0 && (await isThere())) return undefined;
			return `${refusal}: try again in a minute.`;
		},
	};
}
