import { testLargeStanza } from "./large-stanzas.ts";

testLargeStanza("prosody", "component");
