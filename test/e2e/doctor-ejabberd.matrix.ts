/** `reveille doctor` at ejabberd; doctor.test.ts has Prosody. */
import { tellOfWellServer } from "./doctor-well.ts";

tellOfWellServer("ejabberd");
