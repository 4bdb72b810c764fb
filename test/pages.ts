/** The documents, read as readers see them: their links, anchors, tables and words. */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { slugOf } from "../site/.vitepress/slug.ts";

export const ROOT = join(import.meta.dir, "..");

export interface Page {
	/** From ROOT. */
	path: string;
	text: string;
}

const pageAt = (path: string): Page => ({ path, text: readFileSync(join(ROOT, path), "utf8") });

const markdownIn = (folder: string) => readdirSync(join(ROOT, folder)).filter((name) => name.endsWith(".md"));

/** Every page: those at the root, and those of docs/. */
export const PAGES: readonly Page[] = [
	...markdownIn(".").map(pageAt),
	...markdownIn("docs").map((name) => pageAt(`docs/${name}`)),
];

/** @param path from ROOT @throws {Error} if there is none */
export function page(path: string): Page {
	const found = PAGES.find((one) => one.path === path);
	if (!found) throw new Error(`There is no ${path}`);
	return found;
}

/** The text without blocks of code. */
const withoutBlocks = (text: string) => text.replace(/^( *)```[\s\S]*?^\1```$/gm, "");

/** Without any code: what else looks like a link is one. */
const prose = (text: string) => withoutBlocks(text).replace(/`[^`\n]*`/g, "code");

/** Where its links and pictures lead, as they are written. */
export const linksOf = ({ text }: Page): string[] =>
	[...prose(text).matchAll(/\]\(([^)\s]+)\)/g)].map(([, href = ""]) => href);

/** The anchors of its headings. */
export function anchorsOf({ text }: Page): string[] {
	const headings = [...withoutBlocks(text).matchAll(/^#{1,6} (.+)$/gm)].map(([, heading = ""]) => heading);
	return headings.map((heading) =>
		slugOf(heading.replace(/\[([^\]]*)\]\([^)]*\)/g, "$1").replace(/[`*]/g, "")),
	);
}

/** Where a link of a page leads: a path from ROOT, and an anchor there. */
export function targetOf(href: string, { path }: Page): { path: string; anchor: string | undefined } {
	const [file = "", anchor] = href.split("#");
	return { path: file === "" ? path : join(dirname(path), decodeURI(file)), anchor };
}

/** What is written as code, a piece each: in lines, and in blocks. */
export const codeOf = ({ text }: Page): string[] => [
	...[...text.matchAll(/^( *)```\w*\n([\s\S]*?)^\1```$/gm)].map(([, , block = ""]) => block),
	...[...withoutBlocks(text).matchAll(/`([^`\n]+)`/g)].map(([, piece = ""]) => piece),
];

/** How many words it has, code included; marks of Markdown alone are none. */
export const wordsOf = ({ text }: Page): number =>
	text.split(/\s+/).filter((word) => /[\p{L}\p{N}]/u.test(word)).length;
