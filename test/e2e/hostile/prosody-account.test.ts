/** A stranger's worst at Prosody, where Reveille is connected as an account: see story.ts. */
import { siegeTests } from "./story.ts";

siegeTests("prosody", "account");
