-- A Prosody whose users get push, with Reveille beside it: what the tests run, with names, ports and TLS of their
-- own. For a server you already have, take over the lines that it lacks. Tried with Debian's 0.12.3 and 13.0.1,
-- packages prosody and, for 0.12.3, prosody-modules (mod_cloud_notify).

modules_enabled = {
	"roster", "saslauth", "tls", "dialback", "disco", "ping", "carbons", "pep", "blocklist", "csi_simple";
	-- The users' half of push. Without smacks (XEP-0198) a phone that lost its network counts as online until TCP
	-- gives up; without an archive (mam) a woken app finds only what came while it was offline.
	"cloud_notify", "smacks", "mam", "offline";
	-- Where Reveille connects with an ordinary account: wss://example.org:5281/xmpp-websocket
	"websocket";
	-- Debian's file enables it.
	"limits";
}

certificates = "certs"
authentication = "internal_hashed"
archive_expires_after = "1w"

-- Stock Prosody publishes neither sender nor text; the text is "New Message!". Web Push encrypts both for the
-- device alone, other push services could read what Reveille lets through (an app's `include`).
-- push_notification_with_sender = true
-- push_notification_with_body = true

-- Debian's limit: some 70 publishes a second reach an ordinary account. Reveille's is exempt.
limits = {
	c2s = { rate = "10kb/s" };
	s2sin = { rate = "30kb/s" };
}
unlimited_jids = { "push@example.org" }

-- How long Reveille may be away (Prosody: 600 s), and how many publishes wait for it meanwhile (Prosody: 500;
-- with one more all of them are lost). They hold for every session: one that is never resumed takes memory so long.
smacks_hibernation_time = 3600
smacks_max_queue_size = 5000

-- Where components connect, on loopback. Here, above all hosts: below one, Prosody would not look.
component_ports = { 5347 }

VirtualHost "example.org"

-- Reveille as a component (XEP-0114): an address of its own, no limits, and no session to resume; while it is away,
-- publishes get `wait`, which costs nobody a registration.
Component "push.example.org"
	component_secret = "component-secret" -- choose your own

-- Reveille behind a pubsub service, for users of other servers. Only admins make nodes here: the account or the
-- component, whichever Reveille is.
Component "pubsub.example.org" "pubsub"
	admins = { "push@example.org", "push.example.org" }
