import { testComponent } from "./component.ts";

testComponent("prosody");
