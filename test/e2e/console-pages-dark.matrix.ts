import { testPages } from "./console-pages.ts";

testPages("dark", "all");
