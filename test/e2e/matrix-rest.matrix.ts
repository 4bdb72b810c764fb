import { testMatrix } from "./matrix.ts";

testMatrix("prosody", "component");
testMatrix("ejabberd", "account");
