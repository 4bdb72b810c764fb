import { testWebApp } from "./web-app.ts";

testWebApp("prosody");
