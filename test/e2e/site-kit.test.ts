import { testSite } from "./site-kit.ts";

testSite("strophe", "prosody", "copied");
