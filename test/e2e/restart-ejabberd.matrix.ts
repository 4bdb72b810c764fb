import { testRestarts } from "./restart.ts";

testRestarts("ejabberd");
