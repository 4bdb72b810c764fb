/** What goes wrong between Reveille and an XMPP server. */
import type { Messages } from "./message.ts";

export const xmppMessages = {
	"xmpp-away": {
		happened: "An address is not online: there is no connection to its XMPP server, or it was lost.",
		cause:
			"The line says which: the server is away or restarts, the address or port is wrong, or its certificate is not trusted.",
		remedy:
			"Reveille tries again by itself, at first soon and then up to a minute apart. If it lasts, check `XMPP_SERVICE` and the server.",
		more: "xmpp-connection.md#when-there-is-no-connection",
	},
	"xmpp-login-refused": {
		happened: "An address is not online, because the XMPP server refuses the login.",
		cause:
			"The password or the user name is wrong, the account is not there or is disabled, or the component's secret is another one.",
		remedy:
			"Reveille tries again every five minutes. Correct `XMPP_USERNAME` and `XMPP_PASSWORD` (of a component the secret: `XMPP_PASSWORD`, `component_secret` at Prosody, `hosts` at ejabberd) and restart, or make the account at the server.",
		more: "xmpp-connection.md#when-there-is-no-connection",
	},
	"xmpp-address-held": {
		happened: "A component is not online, because the server has another connection of the same component.",
		cause:
			"Another Reveille is connected as this component, or the server has not noticed yet that the last connection ended.",
		remedy:
			"Reveille asks every second until the address is free. If you did not mean to run two, end the other one.",
		more: "scaling.md#several-connectors",
	},
	"xmpp-address-taken": {
		happened: "Another session took over an address of this Reveille.",
		cause: "Another Reveille, or a chat client with the same account and resource, logged in.",
		remedy:
			"This one does not fight for the address. An account asks every 30 s and takes it back when it is free; a component must be restarted. End the other session, or give it another `XMPP_RESOURCE` or domain.",
		more: "address.md#when-another-session-takes-the-address",
	},
	"xmpp-address-foreign": {
		happened: "Reveille does not take an address, because a Reveille with another database has it.",
		cause: "Two installations use the same account and resource. Each knows only its own devices.",
		remedy:
			"Everything else goes on, without this address. End the other one, or set another `XMPP_RESOURCE` for this one, and restart. To take the address all the same, set `XMPP_TAKE_ADDRESS`.",
		more: "address.md#what-to-do-when-it-does-not-take-the-address",
	},
	"xmpp-address-at-reveille": {
		happened: "The address that was taken over is at another Reveille now.",
		cause: "Two installations use the same account and resource.",
		remedy:
			"This one waits until the address is free. End one of them, or set another `XMPP_RESOURCE` for one of them.",
		more: "address.md#when-another-session-takes-the-address",
	},
	"xmpp-address-contested": {
		happened: "An address is free, but this Reveille waits before it takes it back again.",
		cause: "It took the address back several times within an hour, and each time another session took it.",
		remedy:
			"It tries again after the time in the line. End the other session, or set another `XMPP_RESOURCE` here.",
		more: "address.md#when-another-session-takes-the-address",
	},
	"component-foreign": {
		happened: "A Reveille with another database is connected as the same component.",
		cause: "Two installations use the same domain and secret. The server gives each a part of the publishes.",
		remedy:
			"Publishes for registrations that are unknown here are answered with `wait`, so that no user loses one. End the other one, or give it a domain of its own.",
		more: "xmpp-differences.md#the-same-component-twice",
	},
	"enable-not-permitted": {
		happened: "Push is not enabled for the users of a domain that `XMPP_ENABLE_FOR` lists.",
		cause:
			"The domain's server does not give Reveille's component the permission (XEP-0356), or took it back.",
		remedy:
			"What is registered meanwhile waits for the permission, for a week. The line says what to write into Prosody's configuration.",
		more: "own-users.md#what-prosody-needs",
	},
	"enable-at-ejabberd": {
		happened: "Push cannot be enabled for the users of a domain that `XMPP_ENABLE_FOR` lists.",
		cause:
			"It is an ejabberd. Its mod_push ties a registration to a session of the user, and refuses one from anybody else.",
		remedy:
			"Remove the domain from `XMPP_ENABLE_FOR`. The apps of its users enable push themselves, as all apps with XEP-0357 do.",
		more: "own-users.md#with-ejabberd",
	},
	"enabled-and-not-listed": {
		happened: "Push was enabled for users of a domain that `XMPP_ENABLE_FOR` does not list any more.",
		cause: "The domain was taken out of the setting.",
		remedy:
			"Their pushes go on. Reveille does nothing in their names any more, so their server is not told when a registration ends. List the domain again if it should be.",
		more: "own-users.md#what-is-done-in-a-users-name",
	},
	"xmpp-not-encrypted": {
		happened: "The connection to an XMPP server on another machine is not encrypted.",
		cause: "Its address begins with `ws://`.",
		remedy: "Anybody on the way can read and change what is published. Use `wss://` in `XMPP_SERVICE`.",
		more: "configuration.md#xmpp",
	},
	"xmpp-server-silent": {
		happened: "The XMPP server did not answer for some time, so the connection is given up.",
		cause: "The network was cut, the server hangs, or a proxy dropped the connection without a word.",
		remedy:
			"Reveille connects again and resumes the stream. If it happens often, look at the network and the proxy.",
	},
	"stream-not-resumed": {
		happened: "The last stream could not be resumed. What was published meanwhile is lost.",
		cause:
			"The server was restarted, Reveille was away for longer than the server keeps a session, or more came than it keeps.",
		remedy:
			"Reveille is online again, and nothing need be done now. Raise the server's limits if it happens again without a restart of the server.",
		more: "xmpp-servers.md#the-limits-of-an-accounts-session",
	},
	"stream-state-not-saved": {
		happened: "The state of a stream cannot be saved on this machine's disk.",
		cause: "The disk is full, or the outbox cannot be written.",
		remedy: "Pushes go on. A restart may miss publishes until it is mended: look at the disk of `DATA_DIR`.",
	},
	"stream-state-not-shared": {
		happened: "The state of a stream cannot be saved in the database.",
		cause: "The database does not answer.",
		remedy:
			"Pushes go on, and Reveille tries again. If this process ends first, the one that stands by may miss publishes. Look at the database.",
		more: "scaling.md#several-connectors",
	},
	"stanza-passed-over": {
		happened: "A message came that is too long to be received, and was passed over.",
		cause: "Somebody sent a message that is larger than any publish.",
		remedy:
			"The stream was resumed behind it, and nothing need be done. Set `max_stanza_size` at ejabberd to prevent it.",
		more: "xmpp-servers.md#the-limits-of-an-accounts-session",
	},
	"stanza-not-sent": {
		happened: "A stanza of Reveille is longer than the XMPP server accepts, and was not sent.",
		cause: "The server has a small limit for the size of a stanza. It would have ended the stream.",
		remedy: "The stream goes on. Raise the server's limit for the size of a stanza.",
	},
	"stanza-not-answered": {
		happened: "A stanza could not be handled, and its sender gets no answer.",
		cause: "A fault of Reveille, or of its database. The line has the error.",
		remedy: "The stream goes on. If the error is not about the database, please report it with this line.",
	},
	"command-not-answered": {
		happened: "An ad-hoc command could not be carried out. Its sender was answered with an error.",
		cause: "A fault of Reveille, or of its database. The line has the error.",
		remedy:
			"The user may try again. If the error is not about the database, please report it with this line.",
	},
	"xmpp-server-lacks-push": {
		happened: "The XMPP server does not offer push (XEP-0357), so its users cannot be woken.",
		cause: "The module is not loaded, or not for this host.",
		remedy: "Load it with the lines that the message has. Users of other servers are woken all the same.",
		more: "xmpp-servers.md#what-the-server-needs",
	},
	"xmpp-server-lacks-resumption": {
		happened:
			"The XMPP server does not resume streams (XEP-0198), so what is published while Reveille is away is lost.",
		cause: "The module is not loaded, or not for this host.",
		remedy: "Load it with the lines that the message has.",
		more: "xmpp-servers.md#what-the-server-needs",
	},
	"pubsub-nodes-foreign": {
		happened: "Reveille does not start, because the nodes at a pubsub service belong to another account.",
		cause: "The account was changed. Only the account that made the nodes can look after them.",
		remedy:
			"Keep a connection of the old account for this pubsub service. To begin anew there, delete its rows from the table `pubsub_nodes`; then every device must register again.",
		more: "xmpp-servers.md#behind-a-pubsub-service",
	},
	"pubsub-nodes-not-kept": {
		happened: "Reveille cannot look after its nodes at a pubsub service.",
		cause: "The service refuses it, does not answer, or the database is away. The line has the reason.",
		remedy:
			"It is tried again every few seconds. New devices can register there until the nodes that are ready are used up. Allow Reveille's address to create and configure nodes.",
		more: "xmpp-servers.md#behind-a-pubsub-service",
	},
	"pubsub-item-kept": {
		happened: "A publish could not be handled, and stays at the pubsub service.",
		cause: "Reveille's database or outbox does not work, or the service did not let the item be deleted.",
		remedy:
			"It is tried again with the next look at the service. If it lasts, look at the database and the disk.",
	},
	"owner-not-told": {
		happened: "A user's server could not be told that a registration has ended.",
		cause: "The database did not answer.",
		remedy: "Nothing need be done: the user's server is told when it publishes the next time.",
	},
} as const satisfies Messages;
