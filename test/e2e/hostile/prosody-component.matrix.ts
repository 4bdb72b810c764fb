/** A stranger's worst at Prosody, where Reveille is connected as a component: see story.ts. */
import { siegeTests } from "./story.ts";

siegeTests("prosody", "component");
