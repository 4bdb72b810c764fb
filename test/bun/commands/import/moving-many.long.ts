import { testManyMoving } from "./moving-many.ts";

testManyMoving(100_000);
