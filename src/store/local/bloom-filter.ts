/** A set of keys in a fixed room that is never wrong when it says no (a Bloom filter with one hash). */
export interface KeyFilter {
	add(key: string): void;
	/** False: it was not added since the last `clear`. True: it may have been. */
	mayHave(key: string): boolean;
	/** Keys were added that nobody names: yes to all until the next `clear`. */
	addUnknown(): void;
	clear(): void;
}

/** 128 KiB: of a thousand keys not in it, with 10,000 in it, some ten seem to be. */
const BITS = 2 ** 20;

export function createKeyFilter(): KeyFilter {
	const words = new Uint32Array(BITS / 32);
	/** As nearly always: then no key is looked at. */
	let isEmpty = true;
	return {
		add(key) {
			isEmpty = false;
			const bit = hash(key);
			words[bit >>> 5] = (words[bit >>> 5] ?? 0) | (1 << (bit & 31));
		},
		mayHave(key) {
			if (isEmpty) return false;
			const bit = hash(key);
			return ((words[bit >>> 5] ?? 0) & (1 << (bit & 31))) !== 0;
		},
		addUnknown() {
			isEmpty = false;
			words.fill(0xffffffff);
		},
		clear() {
			isEmpty = true;
			words.fill(0);
		},
	};
}

/** FNV-1a, folded: https://datatracker.ietf.org/doc/html/draft-eastlake-fnv §3 */
function hash(key: string): number {
	let hash = 0x811c9dc5;
	for (let at = 0; at < key.length; at++) hash = Math.imul(hash ^ key.charCodeAt(at), 0x01000193);
	return (hash ^ (hash >>> 20)) & (BITS - 1);
}
