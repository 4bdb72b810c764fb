import { testUnifiedPush } from "./unified-push.ts";

testUnifiedPush("ejabberd");
