/** Tokens and nodes as pages show them: enough to tell one's own apart, too little to push with. */

/** The host of a token that is a URL, and the last four characters. */
export function maskedToken(token: string): string {
	const host = URL.canParse(token) ? new URL(token).host : "";
	return `${host}…${token.slice(-4)}`;
}

/** The beginning of a node, and the end of one of ours; what was imported may be short. */
export function shortNode(node: string): string {
	return node.length > 16 ? `${node.slice(0, 6)}…${node.slice(-4)}` : `${node.slice(0, 4)}…`;
}
