/** The namespaces that the kit speaks in, each with where it is defined. */
export const NS = {
	/** Reveille's own. */
	reveille: "urn:reveille:0",
	/** RFC 7395 */
	framing: "urn:ietf:params:xml:ns:xmpp-framing",
	/** RFC 6120 */
	client: "jabber:client",
	streams: "http://etherx.jabber.org/streams",
	streamErrors: "urn:ietf:params:xml:ns:xmpp-streams",
	stanzaErrors: "urn:ietf:params:xml:ns:xmpp-stanzas",
	bind: "urn:ietf:params:xml:ns:xmpp-bind",
	/** XEP-0004 */
	dataForms: "jabber:x:data",
	/** XEP-0030 */
	discoInfo: "http://jabber.org/protocol/disco#info",
	/** XEP-0050 */
	commands: "http://jabber.org/protocol/commands",
	/** XEP-0060 */
	pubsub: "http://jabber.org/protocol/pubsub",
	publishOptions: "http://jabber.org/protocol/pubsub#publish-options",
	/** XEP-0199 */
	ping: "urn:xmpp:ping",
	/** XEP-0357 */
	push: "urn:xmpp:push:0",
	pushSummary: "urn:xmpp:push:summary",
	/** Tigase's, which other servers have as well. */
	pushEncrypt: "tigase:push:encrypt:0",
	/** The one algorithm that is known here. */
	pushEncryptAes: "tigase:push:encrypt:aes-128-gcm",
} as const;
