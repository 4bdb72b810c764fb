import { testUnifiedPush } from "./unified-push.ts";

testUnifiedPush("prosody");
