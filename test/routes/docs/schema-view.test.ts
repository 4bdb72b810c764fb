import { expect, test } from "bun:test";
import { exampleOf, resolve, type SchemaOrRef } from "../../../src/routes/docs/schema-view.tsx";

const text = (example: string): SchemaOrRef => ({ type: "string", example });

const schemas: Record<string, SchemaOrRef> = {
	Person: { type: "object", required: ["name"], properties: { name: text("Juliet"), town: text("Verona") } },
	Member: {
		allOf: [
			{ $ref: "#/components/schemas/Person" },
			{ type: "object", required: ["since"], properties: { since: text("1597") } },
		],
		description: "Somebody who is in it",
	},
	Chair: { allOf: [{ $ref: "#/components/schemas/Member" }, { properties: { town: text("Mantua") } }] },
};

test("a schema that adds to another has the fields of both, and asks for those of both", () => {
	const member = resolve({ $ref: "#/components/schemas/Member" }, schemas);
	expect(Object.keys(member.properties ?? {})).toEqual(["name", "town", "since"]);
	expect(member.required).toEqual(["name", "since"]);
	expect(member.description).toBe("Somebody who is in it");
});

test("its example is one of the whole, over any number of steps; what comes later says more", () => {
	expect(exampleOf({ $ref: "#/components/schemas/Chair" }, schemas)).toEqual({
		name: "Juliet",
		town: "Mantua",
		since: "1597",
	});
});
