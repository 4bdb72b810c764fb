import { testRateLimit } from "./rate-limit.ts";

testRateLimit("ejabberd");
