/** Each server once, and each transport once: the rest is in matrix-replies-rest.matrix.ts. */
import { testReplies } from "./matrix-replies.ts";

testReplies("prosody", "account");
testReplies("ejabberd", "component");
