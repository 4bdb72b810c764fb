/**
 * Names of the outbox's queues. Entries wait in one queue for each gate; beside it in one for devices that were never
 * delivered to, and, where clients choose the host, in one of each party: what a stranger leaves to be tried again
 * must not stand before what is owed to others. Which it is can be told from the name; strangers' come after the
 * others in their order, those of a party together.
 */

/** The entries that wait for one gate; undefined: those whose gate is not known yet. */
export type QueueName = string | undefined;

/** Gates are called by an app's name, which begins with a letter or a digit, and perhaps an origin. */
const STRANGERS = "~";
const NEW = " new";

/** Before all strangers' queues in the order of names, and after all others. */
export const BEFORE_STRANGERS = STRANGERS;

/** Of devices at this gate that were never delivered to. */
export const queueOfNew = (gate: string): string => `${gate}${NEW}`;

/** Of one party's devices, at a gate of which clients may choose as many as they like. */
export const queueOfParty = (gate: string, party: string): string =>
	`${beforeQueuesOf(party.replaceAll(" ", "_"))}${gate}`;

/** Before all of a party's queues in the order of names. */
export const beforeQueuesOf = (party: string): string => `${STRANGERS}${party} `;

/** After all of a party's queues in the order of names: what follows a blank. */
export const afterQueuesOf = (party: string): string => `${STRANGERS}${party}!`;

/** Whose queue it is, of which there may be any number; undefined: one of the few that always have a place. */
export function partyOfQueue(queue: QueueName): string | undefined {
	if (!queue?.startsWith(STRANGERS)) return undefined;
	const end = queue.indexOf(" ");
	return queue.slice(STRANGERS.length, end === -1 ? undefined : end);
}

/** Whether its devices were never delivered to, or are at a host that a client chose: nobody answers for them. */
export const isOfStrangers = (queue: QueueName): boolean =>
	partyOfQueue(queue) !== undefined || queue?.endsWith(NEW) === true;

/** The gate that its entries wait for. */
export function gateOfQueue(queue: QueueName): string | undefined {
	if (queue?.startsWith(STRANGERS)) return queue.slice(queue.indexOf(" ") + 1);
	return queue?.endsWith(NEW) ? queue.slice(0, -NEW.length) : queue;
}
