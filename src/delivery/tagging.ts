/**
 * What a server means by saying nothing. Of encrypted content nobody but the device knows what it is. Where a server
 * tags what is important (tigase:push:priority:0), what it does not tag is typing, a receipt, a marker or a reaction
 * (Prosody's mod_cloud_notify_priority_tag); where it never tags, it may be a message (mod_cloud_notify_encrypted
 * alone). So it is remembered which domains tag.
 *
 * A domain teaches only what becomes of its own publishes, and has proven that it may publish. But names cost nothing
 * to whoever has a domain, so where there are too many, those give way that have the most under one registrable domain.
 */
import type { Logger } from "@logtape/logtape";
import { deliveryBounds } from "../limits/bounds/delivery.ts";
import { registrableDomain } from "../limits/registrable-domain.ts";
import { faultOf } from "../store/fault.ts";
import type { TaggingDomains } from "../store/tagging-domains.ts";

export interface Tagging {
	/** Whether a domain's server tagged lately. */
	has(domain: string): boolean;
	/** A publish of a domain was tagged, and was its to make. */
	note(domain: string): void;
}

const DAY_MS = 86_400_000;
/** A server that tagged and does not any more, ms: its messages come silently for so long. */
const REMEMBERED_MS = 14 * DAY_MS;
/** A domain is written down so often at the most, ms. */
const WRITTEN_EVERY_MS = DAY_MS;

const KEPT = deliveryBounds.taggingDomains.is;
const LONGEST = deliveryBounds.taggingDomain.is;

/**
 * Reads what was remembered.
 * @param kept the connector's own file; where it cannot be written, what comes is remembered until the process ends
 * @throws what the file throws when it cannot be read
 */
export async function openTagging({
	kept,
	log,
	now = Date.now,
	most = KEPT,
}: {
	kept: TaggingDomains;
	log: Logger;
	now?: () => number;
	most?: number;
}): Promise<Tagging> {
	/** When each tagged last, to the day. */
	const taggedAt = new Map<string, number>();
	/** The same domains by the registrable domain that they are under. */
	const parties = new Map<string, Set<string>>();
	let sweptAt = now();

	// A clock that was set back makes nothing last longer.
	const isWithin = (at: number, ms: number) => Math.abs(now() - at) < ms;

	function add(domain: string, at: number) {
		taggedAt.set(domain, at);
		const party = registrableDomain(domain);
		const its = parties.get(party);
		if (its) its.add(domain);
		else parties.set(party, new Set([domain]));
	}

	function remove(domain: string) {
		taggedAt.delete(domain);
		const party = registrableDomain(domain);
		const its = parties.get(party);
		its?.delete(domain);
		if (its?.size === 0) parties.delete(party);
	}

	/** @returns whether one more has room */
	function makeRoom(domain: string): boolean {
		if (taggedAt.size < most) return true;
		let largest: Set<string> = new Set();
		for (const its of parties.values()) if (its.size > largest.size) largest = its;
		const its = parties.get(registrableDomain(domain))?.size ?? 0;
		const [given] = largest;
		if (given === undefined || its + 1 >= largest.size) return false;
		remove(given);
		write(kept.forget(given));
		return true;
	}

	function sweep() {
		if (isWithin(sweptAt, DAY_MS)) return;
		sweptAt = now();
		for (const [domain, at] of taggedAt) if (!isWithin(at, REMEMBERED_MS)) remove(domain);
		write(kept.forgetBefore(now() - REMEMBERED_MS));
	}

	function write(written: Promise<void>) {
		written.catch((error: unknown) =>
			log.warn(
				"Which domains tag their publishes could not be written down: {error}. It is known until this process ends.",
				{ error: faultOf(error) },
			),
		);
	}

	for (const { domain, taggedAt: at } of await kept.load(now() - REMEMBERED_MS, most)) add(domain, at);

	return {
		has(domain) {
			const at = taggedAt.get(domain);
			return at !== undefined && isWithin(at, REMEMBERED_MS);
		},

		note(domain) {
			const at = taggedAt.get(domain);
			if (at !== undefined && isWithin(at, WRITTEN_EVERY_MS)) return;
			if (domain.length > LONGEST) return;
			sweep();
			if (!taggedAt.has(domain)) {
				if (!makeRoom(domain)) return;
				log.debug(
					"{domain} says which of its publishes are important: what it encrypts and does not tag is silent.",
					{
						domain,
					},
				);
			}
			add(domain, now());
			write(kept.save(domain, now()));
		},
	};
}
