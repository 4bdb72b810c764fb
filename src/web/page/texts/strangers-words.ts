/** What others said, within a sentence of any language. */

/** A stranger's reason behind a sentence of ours; empty where there is none. */
export function because(reason: string): string {
	const trimmed = reason.trim().replace(/[.\s]+$/, "");
	return trimmed === "" ? "" : `: ${trimmed}`;
}

/** The page of the same server that a browser can open. @param service a WebSocket URL */
export const httpsOf = (service: string) =>
	service.replace(/^ws/, "http").replace(/^(https?:\/\/[^/]*).*/, "$1");
