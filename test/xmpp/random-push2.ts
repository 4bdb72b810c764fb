/** Messages of Push 2.0 of any shape. */
import { push2Bounds } from "../../src/limits/bounds/push2.ts";
import { NS } from "../../src/xmpp/namespaces.ts";
import type { StanzaWriter } from "./stanza-writer.ts";

const SECRET = "s".repeat(43);
const CLIENTS = [
	`https://push.example.net/push2/Nod3-_x.${SECRET}`,
	`\n https://push.example.net/push2/Nod3-_x.${SECRET} `,
	`http://10.0.0.1:5357/below/push2/juliet%40example.net%2Fa.b.${SECRET}`,
	`https://push.example.net/push2/%E0%A4%A.${SECRET}`,
	`https://api.push.apple.com/3/device/ABcd#org.example.chat&amp;ef01`,
	`https://api.sandbox.push.apple.com/3/device/abcd#org.example.chat`,
	"https://push.example/token-1",
	"https://push.example/?a=b&amp;c=%20",
];
const ODD_CLIENTS = ["", " ", "c", "it&apos;s", `https://push.example/${"x".repeat(push2Bounds.client.is)}`];
const PRIORITIES = ["high", "normal", "low", "\n low "];
const PAYLOADS = ["BBBB", "QQ==", "AAA=", "+/+/".repeat(20)];
/** No base64, or base64 that is broken, wrapped, or as long as what is kept, what is cut off, or what is scanned. */
const ODD_PAYLOADS = [
	...["", "=", "ab=c", "a_b-", "äöü=", "AAAA&amp;AAA", "&#x41;AAA", "AAAA\nBBBB\r\n", "  "],
	...[push2Bounds.payload.is, push2Bounds.payload.is + 1].map((bytes) => new Uint8Array(bytes).toBase64()),
	...[8_000, 8_200, 16_000, 17_000, 40_000].map((length) => "A".repeat(length)),
];
const FROM = ["example.org", "example.org", "Example.ORG", "juliet@example.org", "Juliet@example.org/a@b"];
const TYPES = ["error", "groupchat", "normal", "chat", ""];

/** In the order in which mod_push2 writes them, some of them missing. */
function partsOf(writer: StanzaWriter): string[] {
	const text = (name: string, usual: readonly string[], odd: readonly string[]) =>
		writer.tag(name, [], writer.pick(writer.isRare() ? odd : usual));
	const parts = [text("client", CLIENTS, ODD_CLIENTS)];
	if (writer.next(5) > 0) parts.push(text("priority", PRIORITIES, ODD_CLIENTS));
	if (writer.next(5) === 0) parts.push(writer.tag("voip", [], writer.isRare() ? writer.odd() : ""));
	if (writer.next(5) > 0) {
		const namespace = writer.isRare() ? "urn:x" : NS.sceRfc8291;
		parts.push(writer.tag("encrypted", [["xmlns", namespace]], text("payload", PAYLOADS, ODD_PAYLOADS)));
	}
	if (writer.next(3) === 0) {
		const key = writer.pick(["BAAA+/==", " BB ", "", "&apos;"]);
		parts.push(writer.tag("jwt", [["key", key]], writer.pick(["aGVhZA.Ym9keQ.c2ln", " a.b.c ", "&lt;"])));
	}
	return parts;
}

export function randomPush2(writer: StanzaWriter): string {
	writer.begin();
	const parts = partsOf(writer);
	if (writer.isRare()) parts.reverse();
	if (writer.isRare()) parts.push(writer.pick(parts));
	if (writer.isRare()) parts.push(writer.odd());
	const namespace = writer.isRare() ? "urn:x" : NS.push2;
	const notification = writer.tag("notification", [["xmlns", namespace]], parts.join(""));
	const attrs: [string, string][] = [
		["to", "push@example.net/push"],
		["from", writer.pick(FROM)],
		["id", writer.pick(["1", "a&amp;b", ""])],
	];
	if (writer.isRare()) attrs.push(["type", writer.pick(TYPES)]);
	if (writer.next(3) === 0) attrs.push(["xml:lang", "en"]);
	if (writer.next(3) === 0) attrs.push(["xmlns", "jabber:client"]);
	return writer.tag("message", attrs, notification + (writer.isRare() ? writer.odd() : ""));
}
