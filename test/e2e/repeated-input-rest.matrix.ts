import { testRepeatedInput } from "./repeated-input.ts";

testRepeatedInput("prosody", "component");
testRepeatedInput("ejabberd", "account");
