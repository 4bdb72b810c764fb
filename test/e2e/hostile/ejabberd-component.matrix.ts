/** A stranger's worst at ejabberd, where Reveille is connected as a component: see story.ts. */
import { siegeTests } from "./story.ts";

siegeTests("ejabberd", "component");
