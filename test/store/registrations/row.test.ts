import { expect, test } from "bun:test";
import { type Row, toRegistration } from "../../../src/store/registrations/row.ts";

const row = { node: "n", owner: "", app: "web", device: "d", token: "t", registeredAt: 1, renewedAt: 1 };

test.each([[5], [{}], [["high"]], [null], [undefined]])(
	"classes that are no text are none: %j",
	(classes) => {
		expect(toRegistration({ ...row, classes } as unknown as Row)).toEqual(row);
	},
);
