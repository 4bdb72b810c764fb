import { testAbsence } from "./absence.ts";

testAbsence("ejabberd");
