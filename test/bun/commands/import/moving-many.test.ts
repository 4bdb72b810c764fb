import { testManyMoving } from "./moving-many.ts";

testManyMoving(20_000);
