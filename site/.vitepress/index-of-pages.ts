/** The index of the documents, read from the README: what stands there is the site's sidebar. */

export interface PageGroup {
	/** For whom these are. */
	reader: string;
	pages: { title: string; path: string }[];
}

/**
 * @param readme its text
 * @returns the rows of its table of pages, a group for each reader
 */
export function pagesOf(readme: string): PageGroup[] {
	const section = readme.split(/^## /m).find((text) => text.startsWith("Documents\n")) ?? "";
	const groups: PageGroup[] = [];
	for (const line of section.split("\n")) {
		const [, reader = "", pages = ""] = line.split("|").map((cell) => cell.trim());
		const links = [...pages.matchAll(/\[([^\]]+)\]\(([^)]+\.md)\)/g)];
		if (links.length === 0) continue;
		if (reader) groups.push({ reader, pages: [] });
		for (const [, title = "", path = ""] of links) groups.at(-1)?.pages.push({ title, path });
	}
	return groups;
}
