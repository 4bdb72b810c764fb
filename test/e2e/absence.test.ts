import { testAbsence } from "./absence.ts";

testAbsence("prosody");
