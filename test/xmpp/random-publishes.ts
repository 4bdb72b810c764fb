/** Publishes of any shape. */
import { NS } from "../../src/xmpp/namespaces.ts";
import type { StanzaWriter } from "./stanza-writer.ts";

const VALUES = [
	"",
	" ",
	"1",
	"007",
	"-1",
	"1234567890",
	"New Message!",
	"it&apos;s",
	"&amp;&lt;",
	"juliet@a.example/b",
];
const SUMMARY = [
	"FORM_TYPE",
	"message-count",
	"pending-subscription-count",
	"last-message-sender",
	"last-message-body",
];
const OPTIONS = ["FORM_TYPE", "secret", "pushModule", "mode"];

export function randomPublish(writer: StanzaWriter): string {
	writer.begin();
	const form = writer.next(5) === 0 ? "" : formOf(writer, SUMMARY);
	const more = writer.isRare() ? writer.odd() : "";
	const notification = writer.tag("notification", [["xmlns", NS.push]], form + more);
	const item = writer.tag("item", writer.next(3) === 0 ? [["id", "current"]] : [], notification);
	const publish = writer.tag("publish", [["node", writer.isRare() ? "" : "Nod3-_x"]], item);
	const options = writer.next(4) === 0 ? "" : writer.tag("publish-options", [], formOf(writer, OPTIONS));
	const pubsub = writer.tag("pubsub", [["xmlns", writer.isRare() ? "urn:x" : NS.pubsub]], publish + options);
	const attrs: [string, string][] = [
		["to", "push.example.net"],
		["from", "example.org"],
		["type", writer.isRare() ? writer.pick(["get", "result", "error"]) : "set"],
		["id", writer.pick(["1", "a&amp;b", ""])],
	];
	if (writer.next(3) === 0) attrs.push(["xml:lang", "en"]);
	if (writer.next(3) === 0) attrs.push(["xmlns", "jabber:client"]);
	return writer.tag("iq", attrs, pubsub);
}

function formOf(writer: StanzaWriter, names: readonly string[]): string {
	const fields = Array.from({ length: writer.next(7) }, (_, at) => {
		const name = writer.isRare() ? writer.pick(names) : (names[at % names.length] ?? "");
		const values = Array.from(
			{ length: writer.isRare() ? writer.next(4) : writer.next(5) === 0 ? 0 : 1 },
			() => writer.tag("value", [], writer.pick(VALUES)),
		);
		const kind = writer.next(2) === 0 ? [["type", "text-single"] as const] : [];
		return writer.tag("field", [...kind, ["var", name]], values.join(""));
	});
	const namespace = writer.isRare() ? "urn:x" : NS.dataForms;
	return writer.tag(
		"x",
		[
			["type", writer.pick(["form", "submit"])],
			["xmlns", namespace],
		],
		fields.join(""),
	);
}
