/** What a phone shows where the push itself brings no text: itself, or a key that the app translates. */
export type AlertText = { text: string } | { locKey: string };

/** The operator's own words. */
export const wordsOf = (alert: AlertText): string => ("text" in alert ? alert.text : alert.locKey);
