import { testChain } from "./chain.ts";

testChain("ejabberd");
