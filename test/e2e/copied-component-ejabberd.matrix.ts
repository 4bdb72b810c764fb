/** The copy is noticed after some seconds and ended. */
import { test } from "bun:test";
import { tellOfCopy } from "./copied-component.ts";

test(
	"a copy of the component with another database for 8 s costs nobody a registration at a real ejabberd",
	() => tellOfCopy("ejabberd", 8_000),
	60_000,
);
