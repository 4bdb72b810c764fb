/** The licences of what the bundle holds: most ask that their text goes with every copy. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

interface Package {
	name: string;
	version: string;
	license: string;
	/** The text, where the package brings it. */
	text: string;
}

interface Manifest {
	name: string;
	version: string;
	license?: string;
	dependencies?: Record<string, string>;
}

/** What no package says of itself. */
const RUNTIME = `Bun, the runtime: MIT, with JavaScriptCore (LGPL-2) and others within it:
https://bun.com/docs/project/license`;

/**
 * @param root a folder with package.json and installed packages
 * @returns each package that it depends on, by name, with its licence's text
 */
export function licencesOf(root: string): string {
	const found = new Map<string, Package>();
	for (const name of Object.keys(manifestOf(root).dependencies ?? {})) collect(root, [root], name, found);
	const packages = [...found.values()].sort((a, b) => (key(a) < key(b) ? -1 : 1));
	const byText = Map.groupBy(packages, ({ text, license }) => text || license);
	const sections = [...byText].map(([text, same]) =>
		[...same.map(({ name, version, license }) => `${name} ${version} (${license})`), "", text].join("\n"),
	);
	return `${[RUNTIME, ...sections].join(`\n\n${"-".repeat(80)}\n\n`)}\n`;
}

const key = ({ name, version }: Package) => `${name} ${version}`;

const manifestOf = (folder: string) =>
	JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Manifest;

/** @param above the folders of who asks, outermost first: the nearest one's packages come before the others' */
function collect(root: string, above: readonly string[], name: string, found: Map<string, Package>): void {
	const folder = above
		.toReversed()
		.map((one) => join(one, "node_modules", name))
		.find((one) => existsSync(join(one, "package.json")));
	if (folder === undefined) throw new Error(`${name} is not installed below ${root}.`);
	const { version, license = "see its text", dependencies = {} } = manifestOf(folder);
	const one = { name, version, license, text: textIn(folder) };
	if (found.has(key(one))) return;
	found.set(key(one), one);
	for (const inner of Object.keys(dependencies)) collect(root, [...above, folder], inner, found);
}

function textIn(folder: string): string {
	const name = readdirSync(folder)
		.sort()
		.find((one) => /^licen[cs]e(\.(md|txt))?$/i.test(one));
	return name === undefined ? "" : readFileSync(join(folder, name), "utf8").trim();
}
