/** At Prosody; at ejabberd they are asked in console-ejabberd.matrix.ts. */
import { askQuestions } from "./console-questions.ts";

askQuestions("prosody");
