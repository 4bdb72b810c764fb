/** The rest of what a stranger does at Prosody, where Reveille is connected as an account. */
import { deedsWithDeadServices } from "./deeds-with-dead-services.ts";
import { deedsWithPushes } from "./deeds-with-pushes.ts";
import { deedsWithStanzas } from "./deeds-with-stanzas.ts";
import { siegeTests } from "./story.ts";

siegeTests("prosody", "account", [...deedsWithStanzas, ...deedsWithPushes, ...deedsWithDeadServices]);
