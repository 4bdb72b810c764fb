/**
 * What sends messages of Push 2.0 from a real Prosody, in place of mod_push2, which Debian does not have: a module that
 * sends what a user hands it, from the host itself and without a type, and counts what comes back.
 */
import { xml } from "@xmpp/client";
import { parse } from "../xmpp/parse.ts";
import { type Push2Parts, push2Notification } from "../xmpp/push2-messages.ts";
import type { ProsodyOptions } from "./prosody.ts";
import type { User } from "./user.ts";

const SEND = "urn:example:push2:send";

const MODULE = `local st = require "util.stanza";
local uuid = require "util.uuid";
local came_back = 0;
module:hook("iq-set/self/${SEND}:send", function (event)
	local send = event.stanza.tags[1];
	if send.tags[1] then
		module:send(st.message({ from = module.host, to = send.attr.to, id = uuid.generate() }):add_child(send.tags[1]));
	end
	event.origin.send(st.reply(event.stanza):tag("came-back", { xmlns = "${SEND}", count = tostring(came_back) }));
	return true;
end);
module:hook("message/host", function (event)
	came_back = came_back + 1;
	module:log("info", "Push 2.0 came back: %s", event.stanza);
	return true;
end, 1000);
`;

/** How a Prosody has to be started. */
export const PUSH2_SENDER: Pick<ProsodyOptions, "ownModules"> = { ownModules: { push2_sender: MODULE } };

/** Has the user's server send one. @param to Reveille's address */
export async function sendPush2(user: User, to: string, parts: Push2Parts): Promise<void> {
	await user.iq("set", xml("send", { xmlns: SEND, to }, parse(push2Notification(parts))), user.bareJid);
}

/** How many messages have come to the user's server: answers, and bounces. */
export async function cameBack(user: User): Promise<number> {
	const answer = await user.iq("set", xml("send", { xmlns: SEND, to: "" }), user.bareJid);
	return Number(answer.getChild("came-back")?.attrs.count);
}
