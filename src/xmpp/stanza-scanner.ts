/**
 * Reads stanzas straight out of the text, without an element for each of their tags: those that come most, in the shape
 * in which nearly all of them come. What it reads is what the parser and whoever reads its elements read in the same
 * text. Of whatever it does not expect it says nothing, and the parser reads that stanza from its beginning.
 */
import type { StanzaScanner } from "../syntax/stanza-parser.ts";
import { TagReader } from "../syntax/tag-reader.ts";
import { scanPublish } from "./publish-scanner.ts";
import { scanPush2 } from "./push2-scanner.ts";

export function createStanzaScanner(): StanzaScanner {
	const tags = new TagReader();
	return {
		get end() {
			return tags.at;
		},

		scan(text, at, header) {
			if (text.startsWith("<iq ", at)) return tags.read(text, at, () => scanPublish(tags, header));
			if (text.startsWith("<message ", at)) return tags.read(text, at, () => scanPush2(tags, header));
			return undefined;
		},
	};
}
