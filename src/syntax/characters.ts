/** Characters as people see them (UAX #29): a family or a flag is one. */

/** The beginning of a text, of so many UTF-16 units at the most, that ends between two characters. */
export function cutBetweenCharacters(text: string, units: number): string {
	if (text.length <= units) return text;
	// Whether a character ends there shows in the code point after it.
	const seen = text.slice(0, units + 2);
	return text.slice(0, new Intl.Segmenter().segment(seen).containing(units)?.index ?? units);
}
