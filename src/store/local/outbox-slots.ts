/**
 * The slots of a lane in the outbox: of the pushes to one registration, of one class, the newest in each slot is kept.
 *
 * Most have the same one. A push with a text of its own has one for itself: no newer one says the same. What came from a
 * domain of which nobody looked yet whether it may publish has that domain's: whoever may not must not take the place of
 * who may.
 */

const OWN = "own ";
/** What follows a blank: after all that begin with `OWN`. */
export const AFTER_OWN = "own!";
export const FIRST_OWN = OWN;

/** The slot of all that supersede each other. */
export const COMMON_SLOT = "";

/** Of one push with a text of its own. */
export const ownSlot = (version: number): string => `${OWN}${version}`;

/** Of what a domain published, as long as nobody looked whether it may. */
export const slotOfPublisher = (publisher: string): string => `by ${publisher}`;

/** Whether it is that of a push with a text of its own. */
export const isOwnSlot = (slot: string | undefined): boolean => slot?.startsWith(OWN) === true;
