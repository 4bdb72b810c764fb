/** What was shown and not looked at since, by sender. */
import { webWorkerBounds } from "../../limits/bounds/web-worker.ts";
import type { OwnDevice } from "../devices.ts";

/** Messages whose sender is not known, or one too many to be counted apart. */
export const NOBODY = "";

/** Whom a message counts for. @param sender a bare JID; undefined: not known */
export function countedFor({ unread = {} }: Pick<OwnDevice, "unread">, sender: string | undefined): string {
	if (sender === undefined) return NOBODY;
	const isKnown = Object.hasOwn(unread, sender);
	return isKnown || Object.keys(unread).length < webWorkerBounds.senders.is ? sender : NOBODY;
}

/**
 * One more.
 * @param atLeast what the user's server counted
 */
export function oneMore(device: OwnDevice, sender: string | undefined, atLeast = 0): OwnDevice {
	const whose = countedFor(device, sender);
	const before = unreadOf(device, whose);
	const now = Math.min(Math.max(before + 1, whose === NOBODY ? atLeast : 0), webWorkerBounds.unread.is);
	// Not by assignment: a name may be that of a prototype.
	const others = Object.entries(device.unread ?? {}).filter(([name]) => name !== whose);
	return { ...device, unread: Object.fromEntries([...others, [whose, now]]) };
}

export function unreadOf({ unread = {} }: Pick<OwnDevice, "unread">, whose: string): number {
	return (Object.hasOwn(unread, whose) && unread[whose]) || 0;
}

/** They were looked at. */
export function lookedAt(device: OwnDevice, whose: string): OwnDevice {
	const others = Object.entries(device.unread ?? {}).filter(([name]) => name !== whose);
	return { ...device, unread: Object.fromEntries(others) };
}

/** For the badge. */
export function unreadInAll(devices: readonly Pick<OwnDevice, "unread">[]): number {
	let count = 0;
	for (const { unread = {} } of devices) for (const its of Object.values(unread)) count += its;
	return count;
}
