/** A stranger's worst at ejabberd, where Reveille is connected as an account: see story.ts. */
import { siegeTests } from "./story.ts";

siegeTests("ejabberd", "account");
