/** Where browsers allow what a page needs for notifications: service workers, push, cryptography. */

/**
 * Whether a page there is a secure context: by TLS, or on this machine (Secure Contexts §3.1).
 * @param url an absolute URL
 */
export function isSecureOrigin(url: string): boolean {
	const { protocol, hostname } = new URL(url);
	return protocol === "https:" || /^(localhost|.+\.localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
}
