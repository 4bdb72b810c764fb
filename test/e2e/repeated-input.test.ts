import { testRepeatedInput } from "./repeated-input.ts";

testRepeatedInput("prosody", "account");
testRepeatedInput("ejabberd", "component");
