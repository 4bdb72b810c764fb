/** A stranger's worst at Prosody, where Reveille is connected as an account: see story.ts. */
import { deedsWithRegistrations } from "./deeds-with-registrations.ts";
import { deedsWithStanzas } from "./deeds-with-stanzas.ts";
import { siegeTests } from "./story.ts";

siegeTests("prosody", "account", [...deedsWithStanzas, ...deedsWithRegistrations]);
