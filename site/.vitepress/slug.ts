/**
 * A heading's anchor, as GitHub makes it: the same links work there and on the site.
 * @param heading its text, without Markdown
 */
export const slugOf = (heading: string): string =>
	heading
		.trim()
		.toLowerCase()
		.replace(/[^\p{L}\p{N}\s_-]/gu, "")
		.replace(/\s/g, "-");
