/** Keys and certificates in PEM (RFC 7468), as settings hold them. */

/**
 * An env file holds no line ends, so that people write `\n` for each, as JSON does; and some programs that read such
 * files leave the quotes where they are.
 * @returns the same text in lines; what is no PEM as it is, but for blanks around it
 */
export function pemLines(text: string): string {
	const bare = text.trim();
	if (!/^["']?-----BEGIN /.test(bare)) return bare;
	return bare
		.replace(/^(["'])([\s\S]*)\1$/, "$2")
		.replaceAll("\\r", "")
		.replaceAll("\\n", "\n")
		.trim();
}

/** Does a private key have a passphrase (RFC 7468 §11, RFC 1421 §4.6.1.1)? */
export function isEncrypted(pem: string): boolean {
	return /-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: 4,ENCRYPTED/m.test(pem);
}
