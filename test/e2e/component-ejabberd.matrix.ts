import { testComponent } from "./component.ts";

testComponent("ejabberd");
