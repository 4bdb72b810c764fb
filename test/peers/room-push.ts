/**
 * A room's service that publishes of its rooms' messages (XEP-0357 at a room's JID): a real Prosody's rooms, with a
 * small module of the tests' for the half that no packaged module has.
 */
import type { ProsodyOptions } from "./prosody.ts";

/**
 * Whoever sends `<enable/>` to a room is told of each message in it, by its service's domain, while not in the room.
 * The answers to publishes are written to the log: `rooms.example.org: room push answered: result`.
 */
const MODULE = `-- The rooms' services alone, not the users' host.
if module:get_host_type() ~= "component" then return; end
local st = require "util.stanza";
local jid_bare = require "util.jid".bare;
local enabled = {};

module:hook("iq-set/bare/urn:xmpp:push:0:enable", function (event)
	local stanza = event.stanza;
	local enable = stanza:get_child("enable", "urn:xmpp:push:0");
	enabled[stanza.attr.to] = enabled[stanza.attr.to] or {};
	enabled[stanza.attr.to][jid_bare(stanza.attr.from)] = {
		jid = enable.attr.jid, node = enable.attr.node, options = st.clone(enable:get_child("x", "jabber:x:data"));
	};
	event.origin.send(st.reply(stanza));
	return true;
end, 10);

module:hook("muc-broadcast-message", function (event)
	for member, push in pairs(enabled[event.room.jid] or {}) do
		if not event.room:get_occupant_by_real_jid(member) then
			local publish = st.iq({ type = "set", from = module.host, to = push.jid, id = "room-" .. push.node })
				:tag("pubsub", { xmlns = "http://jabber.org/protocol/pubsub" })
				:tag("publish", { node = push.node }):tag("item"):tag("notification", { xmlns = "urn:xmpp:push:0" })
				:tag("x", { xmlns = "jabber:x:data", type = "form" })
				:tag("field", { var = "FORM_TYPE", type = "hidden" }):text_tag("value", "urn:xmpp:push:summary"):up()
				:tag("field", { var = "message-count" }):text_tag("value", "1"):up()
				:tag("field", { var = "last-message-body" }):text_tag("value", "New Message!"):up()
				:up():up():up():up()
				:tag("publish-options"):add_child(push.options);
			local answered = function (kind)
				return function () module:log("info", "%s: room push answered: %s", module.host, kind); end
			end
			module:send_iq(publish):next(answered("result"), answered("error"));
		end
	end
end);
`;

/** Rooms at a Prosody. @param domains of the rooms' services */
export function withRooms(domains: readonly string[]): Pick<ProsodyOptions, "ownModules" | "extraHosts"> {
	return {
		ownModules: { room_push: MODULE },
		extraHosts: domains
			.flatMap((domain) => [
				`Component "${domain}" "muc"`,
				`\tmodules_enabled = { "room_push" }`,
				"\tmuc_room_locking = false",
			])
			.join("\n"),
	};
}
