import { testUnifiedPushRestarts } from "./unified-push.ts";

testUnifiedPushRestarts("prosody");
