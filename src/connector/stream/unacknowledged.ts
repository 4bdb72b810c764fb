/** Stanzas of ours that the server has not acknowledged (XEP-0198): what is sent again after a loss of the connection. */
import type { Element } from "@xmpp/xml";
import { stanzaBounds } from "../../limits/bounds/stanzas.ts";
import { separateTexts } from "../../limits/text-length.ts";
import { fits, mostBytesOf } from "../../xmpp/stanza-size.ts";

/** Of ours that a server does not acknowledge so many are kept, to be sent again, … */
const MOST_KEPT = stanzaBounds.unacknowledged.is;
/** … and so much of them, bytes. */
const MOST_BYTES_KEPT = stanzaBounds.unacknowledgedBytes.is;

export interface Unacknowledged {
	/** How many they are. */
	count(): number;
	/** One goes out, or waits for the next connection to. @param bytes the most that it takes */
	sent(stanza: Element, bytes: number): void;
	/** The server said that it has `h` of ours. */
	acknowledged(h: number): void;
	/**
	 * The server resumed the session, and has `h` of ours.
	 * @param mostBytes of a stanza that the stream takes; larger ones are let go of
	 * @returns what is to be sent again
	 */
	resumed(h: number, mostBytes: number): readonly Element[];
	/**
	 * A new session begins: its count starts at zero.
	 * @param options.isCounted whether the server will acknowledge what is sent in it
	 * @param options.mostBytes as of `resumed`
	 * @returns what is to be sent again
	 */
	begin(options: { isCounted: boolean; mostBytes: number }): readonly Element[];
	/**
	 * The server ended the stream with a stream error, for which one of them may be the reason: they are sent once more,
	 * and not again if that stream ends so too.
	 */
	streamFailed(): void;
}

/** @param counted how many of ours the server has; undefined: an earlier process knew */
export function createUnacknowledged(counted: number | undefined): Unacknowledged {
	const stanzas: Element[] = [];
	/** How large each is, bytes. */
	const sizes: number[] = [];
	let bytesKept = 0;
	/** So many of them, from the first, were sent when a stream ended with a stream error. */
	let suspected = 0;
	/** How many of ours the server has, or we let go of. */
	let outbound = counted;

	function keep(stanza: Element, bytes: number) {
		stanzas.push(stanza);
		sizes.push(bytes);
		bytesKept += bytes;
	}

	/** Lets go of the first of them: they are not sent again. */
	function letGo(count: number) {
		const gone = stanzas.splice(0, Math.max(0, count)).length;
		for (const size of sizes.splice(0, gone)) bytesKept -= size;
		suspected = Math.max(0, suspected - gone);
		if (outbound !== undefined) outbound += gone;
	}

	function acknowledgedUpTo(h: number) {
		if (outbound !== undefined) letGo(h - outbound);
		outbound = h;
	}

	function repeatable(mostBytes: number): readonly Element[] {
		const kept = stanzas.filter((stanza, index) => fits(stanza, mostBytes, sizes[index]));
		if (kept.length < stanzas.length) {
			letGo(stanzas.length);
			for (const stanza of kept) keep(stanza, mostBytesOf(stanza));
		}
		return kept;
	}

	return {
		count: () => stanzas.length,

		sent(stanza, bytes) {
			separate(stanza);
			keep(stanza, bytes);
			// A server that never acknowledges: what it has been sent so long ago it has, or will never have.
			while (stanzas.length > MOST_KEPT || bytesKept > MOST_BYTES_KEPT) letGo(Math.ceil(stanzas.length / 10));
		},

		acknowledged(h) {
			if (outbound !== undefined && h > outbound) acknowledgedUpTo(h);
		},

		resumed(h, mostBytes) {
			acknowledgedUpTo(h);
			const repeat = repeatable(mostBytes);
			outbound = h;
			return repeat;
		},

		begin({ isCounted, mostBytes }) {
			const repeat = repeatable(mostBytes);
			if (!isCounted) letGo(repeat.length);
			outbound = 0;
			return repeat;
		},

		streamFailed() {
			letGo(suspected);
			suspected = stanzas.length;
		},
	};
}

/** An answer repeats the id of a request, and more of it: kept by themselves, they keep nothing else of that. */
function separate({ attrs, children }: Element) {
	separateTexts(attrs);
	separateTexts(children);
	for (const child of children) if (typeof child !== "string") separate(child);
}
