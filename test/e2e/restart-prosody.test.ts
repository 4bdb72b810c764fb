import { testRestarts } from "./restart.ts";

testRestarts("prosody");
