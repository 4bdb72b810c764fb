import { testCopies } from "./address.ts";

testCopies("ejabberd");
