import { testGone } from "./gone.ts";

testGone("ejabberd");
