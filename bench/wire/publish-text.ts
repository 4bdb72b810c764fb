/** A publish for a message with a body, as Prosody writes it (XEP-0357 §7). */
import { SERVER } from "./names.ts";

/**
 * @param options.to whom it is for
 * @param options.isClients it goes to an account, whose frames each name their namespace (RFC 7395 §3.3.3)
 * @returns what comes before and after the id
 */
export const publishText = (
	node: string,
	secret: string,
	{ to, isClients }: { to: string; isClients: boolean },
): readonly [string, string] => [
	`<iq${isClients ? " xmlns='jabber:client'" : ""} type='set' from='${SERVER}' to='${to}' id='`,
	`'><pubsub xmlns='http://jabber.org/protocol/pubsub'><publish node='${node}'><item><notification xmlns='urn:xmpp:push:0'><x type='form' xmlns='jabber:x:data'><field type='hidden' var='FORM_TYPE'><value>urn:xmpp:push:summary</value></field><field type='text-single' var='message-count'><value>1</value></field><field type='text-single' var='pending-subscription-count'/><field type='jid-single' var='last-message-sender'/><field type='text-single' var='last-message-body'><value>New Message!</value></field></x></notification></item></publish><publish-options><x type='submit' xmlns='jabber:x:data'><field type='hidden' var='FORM_TYPE'><value>http://jabber.org/protocol/pubsub#publish-options</value></field><field var='secret'><value>${secret}</value></field></x></publish-options></pubsub></iq>`,
];
