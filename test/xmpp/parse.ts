/** XML as it comes over the wire, parsed by the parser that the connection uses. */
import { type Element, Parser } from "@xmpp/xml";

/** Parses one stanza, with the default namespace that a client's stream has. */
export function parse(text: string): Element {
	const parser = new Parser();
	let parsed: Element | undefined;
	parser.on("element", (element: Element) => {
		parsed = element;
	});
	parser.on("error", (error: Error) => {
		throw error;
	});
	parser.write(`<stream xmlns="jabber:client">${text}`);
	if (!parsed) throw new Error(`no whole stanza: ${text}`);
	return parsed;
}

const PUBSUB = "http://jabber.org/protocol/pubsub";

export const options = (fields: Record<string, string>) =>
	`<publish-options><x xmlns="jabber:x:data" type="submit">
		<field var="FORM_TYPE"><value>http://jabber.org/protocol/pubsub#publish-options</value></field>
		${Object.entries(fields)
			.map(([name, value]) => `<field var="${name}"><value>${value}</value></field>`)
			.join("")}
	</x></publish-options>`;

/** An IQ that publishes a notification, as servers send it. */
export const publishIq = (notification: string, publishOptions = options({ secret: "S" })) =>
	`<iq type="set" from="example.org" to="push@example.net/push" id="p1"><pubsub xmlns="${PUBSUB}">
		<publish node="N"><item>
			<notification xmlns="urn:xmpp:push:0">${notification}</notification>
		</item></publish>${publishOptions}
	</pubsub></iq>`;

export const summary = (fields: Record<string, string>, type = "submit") =>
	`<x xmlns="jabber:x:data" type="${type}">
		<field type="hidden" var="FORM_TYPE"><value>urn:xmpp:push:summary</value></field>
		${Object.entries(fields)
			.map(([name, value]) => `<field var="${name}"><value>${value}</value></field>`)
			.join("")}
	</x>`;
