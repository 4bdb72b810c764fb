/** The `file:` URLs by which libSQL is told of files. */

/**
 * @param path of a file, absolute or not, with whatever is in it: `#`, `?` and `%` mean something in a URL, and two
 *   slashes at the beginning would make a host of a folder
 * @returns a URL that libSQL reads as that path; the same text behind `file:`, if nothing of that is in it
 */
export function fileUrl(path: string): string {
	return `file:${path.replace(/^\/{2,}/, "/").replace(/[%#?]/g, encodeURIComponent)}`;
}
