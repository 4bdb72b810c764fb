/** What a tap on a notification opens: an address with places for whom the notification is of. */

/** Where the JID and the account go. */
export const PLACES = /\{(?:jid|account)\}/g;

/** @returns what is wrong with a template, as the end of a sentence; undefined: nothing */
export function malformedTemplate(template: string): string | undefined {
	const filled = (text: string) => URL.parse(template.replaceAll(PLACES, text));
	const [one, other] = [filled("one"), filled("other")];
	if (!one || !other || !/^(https|xmpp):$/.test(one.protocol)) return "must begin https:// or xmpp:";
	if (/[{}\s]/.test(template.replaceAll(PLACES, ""))) return "must have no braces but {jid} and {account}";
	// What a stranger's address is put into must not choose where it leads.
	if (one.origin !== other.origin || one.username || one.password) {
		return "must name a host of its own, and no user";
	}
	return undefined;
}
