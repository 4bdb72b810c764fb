/** Hexadecimal digits, two for each byte. `Uint8Array.toHex` is not everywhere yet. */
export const hexOf = (bytes: Uint8Array): string =>
	[...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
