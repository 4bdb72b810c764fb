/** Elements as text, where many are written. */
import { type Element, escapeXML } from "./xml.ts";

const ESCAPED = /["&'<>]/;

/**
 * Writes an element out, as its `toString` does. That one hands each piece to a function, and looks through each value for
 * what must be escaped: nearly all that leaves is an empty answer, in which nothing is.
 */
export function textOf(element: Element): string {
	const { name, attrs, children } = element;
	if (children.length > 0) return element.toString();
	let text = `<${name}`;
	for (const attribute in attrs) {
		const value: unknown = attrs[attribute];
		if (value === undefined || value === null) continue;
		const plain = String(value);
		text += ` ${attribute}="${ESCAPED.test(plain) ? escapeXML(plain) : plain}"`;
	}
	return `${text}/>`;
}
