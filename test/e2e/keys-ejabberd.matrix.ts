import { testKeyChange } from "./keys.ts";

testKeyChange("ejabberd");
