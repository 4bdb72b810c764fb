/** The console's pages by day; by night they are looked at in console-pages-dark.matrix.ts. */
import { testByHand, testPages } from "./console-pages.ts";

testPages("light");
testByHand();
