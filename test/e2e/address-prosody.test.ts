import { testCopies } from "./address.ts";

testCopies("prosody", [0]);
