import { testOwnTexts } from "./own-texts.ts";

testOwnTexts("prosody");
