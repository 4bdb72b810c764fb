import { testServerTrust } from "./server-trust.ts";

testServerTrust("prosody");
