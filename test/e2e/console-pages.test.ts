/**
 * The pages that most look at, by day, and the console by hand. The others are looked at in console-pages-rest.matrix.ts,
 * and all of them by night in console-pages-dark.matrix.ts.
 */
import { testByHand, testPages } from "./console-pages.ts";

testPages("light", "story");
testByHand();
