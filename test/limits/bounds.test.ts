import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { BOUNDS_PAGE, boundsPage } from "../../build/bounds-page.ts";
import { settingNames } from "../../src/config/settings.ts";
import { BOUNDS } from "../../src/limits/bounds/table.ts";

const ROOT = join(import.meta.dir, "../../");
const rows = Object.values(BOUNDS).flatMap((section) => Object.entries(section));

describe("the table of bounds", () => {
	test("is the page in docs/: bun run generate writes it", () => {
		expect(readFileSync(`${ROOT}${BOUNDS_PAGE}`, "utf8")).toBe(boundsPage());
	});

	test.each(rows)(
		"%s: a number that can be reached, and a whole sentence of what happens beyond",
		(_, bound) => {
			const numbers = typeof bound.is === "object" ? [bound.is.burst, bound.is.perSecond] : [bound.is];
			for (const number of numbers) expect(number).toBeGreaterThan(0);
			expect(bound.beyond).toMatch(/^[A-Z].*\.$/);
			expect(bound.what).toMatch(/^[A-Z].*[^.]$/);
		},
	);

	test("names settings that exist", () => {
		const named = rows.flatMap(([, { setting }]) => setting ?? []);
		expect(named.filter((name) => !(settingNames as readonly string[]).includes(name))).toEqual([]);
	});

	test("is what the code compares with: no row without a use", () => {
		const sources = [...new Bun.Glob("src/**/*.{ts,tsx}").scanSync(ROOT)]
			.filter((file) => !file.startsWith("src/limits/bounds/"))
			.map((file) => readFileSync(`${ROOT}${file}`, "utf8"))
			.join("\n");
		const unused = rows.map(([name]) => name).filter((name) => !sources.includes(`Bounds.${name}.is`));
		expect(unused).toEqual([]);
	});
});
