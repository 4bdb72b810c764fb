/**
 * Which characters are written from right to left and which from left to right: tables D.1 and D.2 of RFC 3454, which
 * are Unicode 3.2's and do not change. No regular expression has a class for it. Left out is what a prepared text cannot
 * have in it, so that neighbouring ranges become one.
 */

const characters = (ranges: readonly string[]) => new RegExp(`[${ranges.join("")}]`, "u");

/** RandALCat: Hebrew, Arabic, Syriac, Thaana. */
export const RIGHT_TO_LEFT = characters([
	String.raw`\u05be\u05c0\u05c3\u05d0-\u05f4\u061b-\u064a\u066d-\u066f\u0671-\u06d5\u06e5-\u06e6\u06fa-\u0710`,
	String.raw`\u0712-\u072c\u0780-\u07a5\u07b1\ufe73`,
]);

/** LCat: most letters, and digits other than the European and the Arabic ones. */
export const LEFT_TO_RIGHT = characters([
	String.raw`\u0041-\u005a\u0061-\u007a\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02ad\u02bb-\u02c1\u02d0-\u02d1\u02ee`,
	String.raw`\u0386-\u03f3\u0400-\u0482\u048a-\u0589\u0903-\u0939\u093d-\u0940\u0949-\u094c\u0950\u0960-\u0961`,
	String.raw`\u0964-\u0970\u0982-\u09b9\u09be-\u09c0\u09c7-\u09cc\u09d7-\u09e1\u09e6-\u09f1\u09f4-\u09fa`,
	String.raw`\u0a05-\u0a39\u0a3e-\u0a40\u0a5c-\u0a6f\u0a72-\u0a74\u0a83-\u0ab9\u0abd-\u0ac0\u0ac9-\u0acc`,
	String.raw`\u0ad0-\u0aef\u0b02-\u0b39\u0b3d-\u0b3e\u0b40\u0b47-\u0b4c\u0b57-\u0b70\u0b83-\u0bbf\u0bc1-\u0bcc`,
	String.raw`\u0bd7-\u0c39\u0c41-\u0c44\u0c60-\u0cbe\u0cc0-\u0cc4\u0cc7-\u0ccb\u0cd5-\u0d40\u0d46-\u0d4c`,
	String.raw`\u0d57-\u0dc6\u0dcf-\u0dd1\u0dd8-\u0e30\u0e32\u0e40-\u0e46\u0e4f-\u0eb0\u0eb2\u0ebd-\u0ec6`,
	String.raw`\u0ed0-\u0f17\u0f1a-\u0f34\u0f36\u0f38\u0f3e-\u0f6a\u0f7f\u0f85\u0f88-\u0f8b\u0fbe-\u0fc5`,
	String.raw`\u0fc7-\u102c\u1031\u1038\u1040-\u1057\u10a0-\u169a\u16a0-\u1711\u1720-\u1731\u1735-\u1751`,
	String.raw`\u1760-\u1770\u1780-\u17b6\u17be-\u17c5\u17c7-\u17c8\u17d4-\u17da\u17dc-\u17e9\u1810-\u18a8`,
	String.raw`\u1e00-\u1ffc\u2180-\u2183\u2336-\u237a\u2395\u3005-\u3007\u3021-\u3029\u3031-\u3035\u303b-\u303c`,
	String.raw`\u3041-\u3096\u309d-\u309e\u30a1-\u30fa\u30fc-\ua48c\uac00-\ufa29\u{10300}-\u{1031e}`,
	String.raw`\u{10320}-\u{10323}\u{10330}-\u{1034a}\u{10400}-\u{10425}\u{10428}-\u{1044d}\u{1d000}-\u{1d0f5}`,
	String.raw`\u{1d100}-\u{1d126}\u{1d12a}-\u{1d166}\u{1d16a}-\u{1d172}\u{1d183}-\u{1d184}\u{1d18c}-\u{1d1a9}`,
	String.raw`\u{1d1ae}-\u{1d1dd}\u{20000}-\u{2a6d6}`,
]);
