import { testHostileDatabase } from "./hostile-database.ts";

testHostileDatabase(15);
