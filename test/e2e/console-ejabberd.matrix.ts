import { askQuestions } from "./console-questions.ts";

askQuestions("ejabberd");
