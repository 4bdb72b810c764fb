/** Each server once, and each transport once: the rest is in matrix-rest.matrix.ts. */
import { testMatrix } from "./matrix.ts";

testMatrix("prosody", "account");
testMatrix("ejabberd", "component");
