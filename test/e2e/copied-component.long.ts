/** Nobody notices the copy. */
import { test } from "bun:test";
import { tellOfCopy } from "./copied-component.ts";
import { servers } from "./scene.ts";

test.each([...servers])(
	"a copy of the component with another database that stays costs nobody a registration at a real %s",
	(program) => tellOfCopy(program, 180_000, (first) => first.untilReady(90_000)),
	420_000,
);
