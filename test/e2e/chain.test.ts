import { testChain } from "./chain.ts";

testChain("prosody");
