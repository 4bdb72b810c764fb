/** From when until when, ms since the epoch. */
export interface Span {
	at: number;
	until: number;
}

/** A clock that was set back before it began ends it. */
export const isWithin = ({ at, until }: Span, now: number) => now >= at && now < until;
