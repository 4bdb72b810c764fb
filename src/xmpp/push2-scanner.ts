/** Reads a message of Push 2.0 in the shape in which mod_push2 sends it, as the parser and `parsePush2` read it. */
import { ReadElement } from "../syntax/read-element.ts";
import { handOver, OF_STANZA, type TagReader } from "../syntax/tag-reader.ts";
import { NS } from "./namespaces.ts";
import { type Push2Message, push2MessageOf, type Said } from "./push2.ts";

const OF_JWT: readonly string[] = ["key"];

/** A `<message/>` of Push 2.0. Its children were not read: what they say is `push2`. */
export class ScannedPush2 extends ReadElement {
	readonly push2: Push2Message;

	constructor(attrs: Record<string, string>, header: ReadElement | undefined, push2: Push2Message) {
		super("message", attrs, header);
		this.push2 = push2;
	}
}

/** @param tags where a `<message/>` begins */
export function scanPush2(tags: TagReader, header: ReadElement | undefined): ScannedPush2 {
	const attrs = tags.opened("<message", OF_STANZA);
	tags.within("<notification", NS.push2);
	const said = saidIn(tags);
	tags.literal("</notification></message>");
	return new ScannedPush2(attrs, header, push2MessageOf(attrs, said) ?? handOver());
}

/** In the order in which mod_push2 writes it. */
function saidIn(tags: TagReader): Said {
	tags.literal("<client>");
	const client = tags.text();
	tags.literal("</client>");
	let priority: string | undefined;
	if (tags.skip("<priority>")) {
		priority = tags.text();
		tags.literal("</priority>");
	}
	const isVoip = tags.skip("<voip/>");
	let payload: string | undefined;
	if (tags.is("<encrypted")) {
		tags.within("<encrypted", NS.sceRfc8291);
		tags.literal("<payload>");
		payload = tags.text();
		tags.literal("</payload></encrypted>");
	}
	return { client, priority, payload, isVoip, jwt: tags.is("<jwt") ? jwtIn(tags) : undefined };
}

function jwtIn(tags: TagReader): Said["jwt"] {
	const { key } = tags.opened("<jwt", OF_JWT);
	const token = tags.text();
	tags.literal("</jwt>");
	return key === undefined ? undefined : { token, key };
}
