/** XMPP_ENABLE_FOR with a domain that is an ejabberd. */
import { testAtEjabberd } from "./own-users.ts";

testAtEjabberd("an ejabberd is known by its name: the start says that it cannot, and nothing is sent");
