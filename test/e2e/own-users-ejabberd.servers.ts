/**
 * The same at an ejabberd whose mod_privilege gives the permission, which that of Debian 12 cannot. It answers no request
 * of a component to a bare JID (privilege.servers.ts), so it is known by its silence.
 */
import { testAtEjabberd } from "./own-users.ts";

testAtEjabberd("an ejabberd that gives the permission: the start says that it cannot, and nothing is sent", {
	mod_privilege: { iq: { "urn:xmpp:push:0": { set: "all" } } },
});
