/** A URL as it may be shown: it may carry a password or a token before its host, or in its query. */
export function shownUrl(url: string): string {
	const { protocol, host, pathname } = new URL(url);
	return protocol === "file:" ? url : `${protocol}//${host}${pathname === "/" ? "" : pathname}`;
}
