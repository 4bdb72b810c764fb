import { testPages } from "./console-pages.ts";

testPages("light", "rest");
