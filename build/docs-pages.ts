/** The pages of docs/, which messages name: both packages have them. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** @returns each page's text by its name, in order */
export function docsOf(root: string): ReadonlyMap<string, string> {
	const folder = join(root, "docs");
	const pages = readdirSync(folder).filter((name) => name.endsWith(".md"));
	return new Map(pages.sort().map((name) => [name, readFileSync(join(folder, name), "utf8")]));
}
