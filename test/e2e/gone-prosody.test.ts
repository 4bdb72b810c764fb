import { testGone } from "./gone.ts";

testGone("prosody");
