/**
 * What a stranger does with registrations, at Prosody, where Reveille is connected as an account: see story.ts. The rest
 * of his deeds are in prosody-account-rest.matrix.ts.
 */
import { deedsWithRegistrations } from "./deeds-with-registrations.ts";
import { siegeTests } from "./story.ts";

siegeTests("prosody", "account", deedsWithRegistrations);
