/**
 * What Prosody 13.0.1 with mod_cloud_notify_extensions (prosody-modules of 2025-04-02) publishes, kind by kind, recorded
 * from the real one; `test/e2e/tagged-publishes.servers.ts` asks it again. Siskin and Snikket ask their servers for that
 * module: it encrypts for the device (`tigase:push:encrypt:0`), and it tags (`tigase:push:priority:0`), but only what it
 * holds for important: what comes without a tag from there is typing, a receipt, a marker, a reaction or the like.
 */

export interface TaggedPublish {
	/** What a friend's client sends. */
	kind: string;
	/** The content of that `<message type='chat'/>`. */
	message: string;
	/** The content of the `<notification/>` for a device that asked for encryption. */
	encrypted: string;
	/** For one that did not. */
	plain: string;
	/** What the device decrypts, in JSON; the sender is alice@example.org, her client has the resource `phone`. */
	says: Readonly<Record<string, unknown>>;
	/**
	 * How often it is published while the device's session waits to be resumed (XEP-0198): a call at once, and again a
	 * second later with all else that the session missed. To a device that is offline everything is published once.
	 */
	timesWhenResumable: 1 | 2;
}

const HIGH = `<priority xmlns="tigase:push:priority:0">high</priority>`;
/** The initialisation vector and the content differ each time. */
const encrypted = (type = "") =>
	`<encrypted xmlns="tigase:push:encrypt:0" iv="SVY="${type}>REFUQQ==</encrypted>`;
const summary = (body: string) =>
	`<x xmlns="jabber:x:data" type="form"><field type="hidden" var="FORM_TYPE"><value>urn:xmpp:push:summary</value></field><field type="text-single" var="message-count"><value>1</value></field><field type="text-single" var="pending-subscription-count"/><field type="jid-single" var="last-message-sender"/>${body}</x>`;
const NEW_MESSAGE = summary(
	`<field type="text-single" var="last-message-body"><value>New Message!</value></field>`,
);
const NO_BODY = summary(`<field type="text-single" var="last-message-body"/>`);

const CHAT = { unread: 1, sender: "alice@example.org", type: "chat" };
const CALL = { unread: 1, sender: "alice@example.org/phone", type: "call", sid: "c1", media: ["audio"] };
const ENCRYPTED_CHAT = { ...CHAT, message: "You have received an encrypted message" };

const important = {
	encrypted: encrypted() + HIGH,
	plain: NEW_MESSAGE + HIGH,
	timesWhenResumable: 1,
} as const;
const unimportant = { encrypted: encrypted(), plain: NO_BODY, says: CHAT, timesWhenResumable: 1 } as const;

const OMEMO = `xmlns="eu.siacs.conversations.axolotl"><header sid="1"><key rid="2">S0VZ</key><iv>SVY=</iv></header>`;
const OMEMO_HINT = `<encryption xmlns="urn:xmpp:eme:0" namespace="eu.siacs.conversations.axolotl" name="OMEMO"/>`;
const STORE = `<store xmlns="urn:xmpp:hints"/>`;

export const taggedPublishes: readonly TaggedPublish[] = [
	{
		...important,
		kind: "a text",
		message: `<body>Art thou not Romeo?</body><active xmlns="http://jabber.org/protocol/chatstates"/><request xmlns="urn:xmpp:receipts"/>`,
		says: { ...CHAT, message: "Art thou not Romeo?" },
	},
	{
		...unimportant,
		kind: "typing",
		message: `<composing xmlns="http://jabber.org/protocol/chatstates"/>`,
	},
	{
		...unimportant,
		kind: "a receipt",
		message: `<received xmlns="urn:xmpp:receipts" id="m1"/>`,
	},
	{
		...unimportant,
		kind: "a chat marker",
		message: `<displayed xmlns="urn:xmpp:chat-markers:0" id="m1"/>`,
	},
	{
		...unimportant,
		kind: "a reaction",
		message: `<reactions xmlns="urn:xmpp:reactions:0" id="m1"><reaction>💘</reaction></reactions>${STORE}`,
	},
	{
		...important,
		kind: "a message encrypted with OMEMO",
		message: `<encrypted ${OMEMO}<payload>UEFZTE9BRA==</payload></encrypted>${OMEMO_HINT}<body>I sent you an OMEMO encrypted message</body>${STORE}`,
		says: ENCRYPTED_CHAT,
	},
	{
		...important,
		kind: "OMEMO's keys alone",
		message: `<encrypted ${OMEMO}</encrypted>${STORE}`,
		says: ENCRYPTED_CHAT,
	},
	{
		...important,
		kind: "a call",
		message: `<propose xmlns="urn:xmpp:jingle-message:0" id="c1"><description xmlns="urn:xmpp:jingle:apps:rtp:1" media="audio"/></propose>${STORE}`,
		encrypted: encrypted(` type="voip"`) + HIGH,
		says: CALL,
		timesWhenResumable: 2,
	},
	{
		...unimportant,
		kind: "a call taken back",
		message: `<retract xmlns="urn:xmpp:jingle-message:0" id="c1"/>${STORE}`,
	},
];
