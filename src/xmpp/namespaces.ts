/** Namespaces, each with where it is defined. */
export const NS = {
	/** XEP-0357 */
	push: "urn:xmpp:push:0",
	pushSummary: "urn:xmpp:push:summary",
	/** XEP-0060 */
	pubsub: "http://jabber.org/protocol/pubsub",
	publishOptions: "http://jabber.org/protocol/pubsub#publish-options",
	pubsubOwner: "http://jabber.org/protocol/pubsub#owner",
	pubsubEvent: "http://jabber.org/protocol/pubsub#event",
	nodeConfig: "http://jabber.org/protocol/pubsub#node_config",
	/** XEP-0004 */
	dataForms: "jabber:x:data",
	/** XEP-0050 */
	commands: "http://jabber.org/protocol/commands",
	/** XEP-0030 */
	discoInfo: "http://jabber.org/protocol/disco#info",
	discoItems: "http://jabber.org/protocol/disco#items",
	/** XEP-0092 */
	version: "jabber:iq:version",
	/** XEP-0202 */
	time: "urn:xmpp:time",
	/** XEP-0199 */
	ping: "urn:xmpp:ping",
	/** XEP-0356 */
	privilege: "urn:xmpp:privilege:2",
	/** XEP-0355 */
	delegation: "urn:xmpp:delegation:2",
	/** XEP-0297 */
	forward: "urn:xmpp:forward:0",
	/** RFC 6120 §4.8.2 */
	client: "jabber:client",
	/** ejabberd's Business Edition: what Fluux registers by. */
	p1Push: "p1:push",
	p1WebPush: "p1:push:webpush",
	/** RFC 6120 §8.3.3 */
	stanzaErrors: "urn:ietf:params:xml:ns:xmpp-stanzas",
	/** Tigase: what its servers and Siskin add to a notification. */
	tigasePriority: "tigase:push:priority:0",
	tigaseEncrypt: "tigase:push:encrypt:0",
	tigaseGroupchat: "http://tigase.org/protocol/muc#offline",
	tigaseEvent: "http://tigase.org/protocol/account#event",
	/** UnifiedPush over XMPP: what Conversations asks its push server. */
	unifiedPush: "http://gultsch.de/xmpp/drafts/unified-push",
	/** Push 2.0, a proto-XEP: prosody-modules' mod_push2/push2.md */
	push2: "urn:xmpp:push2:0",
	/** The same: a stanza in an envelope (XEP-0420), encrypted as RFC 8291 says. */
	sceRfc8291: "urn:xmpp:sce:rfc8291:0",
	/** Ours: what one Reveille asks another (same-database.ts). */
	reveille: "urn:reveille:0",
} as const;
