/** `reveille doctor` where all is well: at ejabberd, and by a component. By an account of Prosody: doctor.test.ts. */
import { tellOfWellServer } from "./doctor-well.ts";

tellOfWellServer("prosody", "component");
tellOfWellServer("ejabberd", "account");
tellOfWellServer("ejabberd", "component");
