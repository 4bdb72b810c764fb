/** The rules of our own that Biome checks: what each forbids, and what looks like it and is allowed. */
import { expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./files.ts";
import { temporaryFolder } from "./peers/folder.ts";

const PLUGIN = "./build/no-inline-spread.grit";

/** The lines that the rule finds fault with. */
function faultsOf(plugin: string, code: string): number[] {
	const folder = temporaryFolder("lint");
	try {
		const config = { plugins: [join(ROOT, plugin)], linter: { rules: { preset: "none" } } };
		writeFileSync(join(folder.path, "biome.json"), JSON.stringify(config));
		writeFileSync(join(folder.path, "code.tsx"), code);
		const { stdout, stderr } = Bun.spawnSync(
			[join(ROOT, "node_modules/.bin/biome"), "lint", "--reporter=json", "code.tsx"],
			{ cwd: folder.path },
		);
		if (!stdout.length) throw new Error(stderr.toString());
		const { diagnostics } = JSON.parse(stdout.toString()) as {
			diagnostics: { category: string; location: { start: { line: number } } }[];
		};
		return diagnostics.map(({ location }) => location.start.line);
	} finally {
		folder.remove();
	}
}

test("a literal that is spread into a literal is refused, whatever is beside it", () => {
	expect(JSON.parse(readFileSync(join(ROOT, "biome.json"), "utf8")).plugins).toContain(PLUGIN);
	const code = `
const { a, b, more } = { a: 1, b: 2, more: { c: 3 } };
export const refused = { ...{ a, b }, d: 1 };
export const inner = { d: { ...({ a }) } };
export const lines = {
	...{ a, b },
	...{ d: 1 },
};
export const allowed = { a, ...more, ...(a > 1 && { b }), ...(b > 1 ? { b } : {}), list: [...[a], ...[b]] };
export const element = <div {...{ a }} />;
`;
	expect(faultsOf(PLUGIN, code)).toEqual([3, 4, 6, 7]);
});
