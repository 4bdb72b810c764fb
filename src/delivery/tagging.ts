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
import { byItself } from "../limits/text-length.ts";
import { about } from "../messages/about.ts";
import { faultOf } from "../store/database-fault.ts";
import type { TaggingDomains } from "../store/local/tagging-domains.ts";
import type { Notification } from "../types.ts";
import type { PublishRequest } from "./admission.ts";
import { createUnawaitedWrites } from "./unawaited-writes.ts";

export interface Tagging {
	/** Whether a domain's server tagged lately. */
	has(domain: string): boolean;
	/** A publish of a domain was tagged, and was its to make. */
	note(domain: string): void;
	/** Resolves when all that was noted is on disk, or could not be written. */
	written(): Promise<void>;
}

const DAY_MS = 86_400_000;
/** A server that tagged and does not any more, ms: its messages come silently for so long. */
const REMEMBERED_MS = 14 * DAY_MS;
/** A domain is written down so often at the most, ms. */
const WRITTEN_EVERY_MS = DAY_MS;

const KEPT = deliveryBounds.taggingDomains.is;
const LONGEST = deliveryBounds.taggingDomain.is;

/** What a publish is shown as: a guess gives way to what is known of its server. */
export function classed(
	{ notification, tag, publisher }: PublishRequest,
	tagging: Pick<Tagging, "has">,
): Notification {
	if (tag !== "missing" || publisher === undefined || !tagging.has(publisher)) return notification;
	return { ...notification, class: "low" };
}

/**
 * Learns from a publish that was its publisher's to make. Who shows no secret may be anybody, and so may who is no
 * owner's server.
 */
export function learn(
	{ tag, publisher, secret, pushModule }: PublishRequest,
	tagging: Pick<Tagging, "note">,
): void {
	const isProven = secret !== undefined || pushModule === undefined;
	if (tag === "given" && publisher !== undefined && isProven) tagging.note(publisher);
}

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
	/** No party has more: where nothing is to be had, nobody looks for it. */
	let mostOfParty = 0;
	let sweptAt = now();
	const { write, written } = createUnawaitedWrites((error) =>
		log.warn(
			"Which domains tag their publishes could not be saved in {dataDir}. It is known until this process ends: {error}",
			about("tagging-not-saved", { error: faultOf(error) }),
		),
	);

	// A clock that was set back makes nothing last longer.
	const isWithin = (at: number, ms: number) => Math.abs(now() - at) < ms;

	function add(name: string, at: number) {
		const domain = byItself(name);
		taggedAt.set(domain, at);
		const party = registrableDomain(domain);
		const its = parties.get(party) ?? new Set();
		parties.set(party, its.add(domain));
		mostOfParty = Math.max(mostOfParty, its.size);
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
		const its = mostOfParty > 1 ? (parties.get(registrableDomain(domain))?.size ?? 0) : 0;
		if (its + 1 >= mostOfParty) return false;
		let largest: Set<string> = new Set();
		for (const one of parties.values()) if (one.size > largest.size) largest = one;
		mostOfParty = largest.size;
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
		write(kept.keep(now() - REMEMBERED_MS, now() + REMEMBERED_MS));
	}

	const known = await kept.load(now() - REMEMBERED_MS, now() + REMEMBERED_MS, most);
	for (const { domain, taggedAt: at } of known) add(domain, at);

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
				log.debug("{domain} tags what is important: what comes encrypted and untagged is silent.", {
					domain,
				});
			}
			add(domain, now());
			write(kept.save(domain, now()));
		},

		written,
	};
}
