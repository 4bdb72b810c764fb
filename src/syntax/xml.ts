/**
 * XML elements, the same as `@xmpp/xml` has, without its parser: that one needs node's `events`, of which a browser would
 * get a copy.
 */
export { default as xml } from "ltx/lib/createElement.js";
export { default as Element } from "ltx/lib/Element.js";
export { escapeXML, unescapeXML } from "ltx/lib/escape.js";
