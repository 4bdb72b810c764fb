import { testServerTrust } from "./server-trust.ts";

testServerTrust("ejabberd");
