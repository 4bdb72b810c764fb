import { testRateLimit } from "./rate-limit.ts";

testRateLimit("prosody");
