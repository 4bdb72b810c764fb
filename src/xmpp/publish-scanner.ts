/** Reads a publish in the shape in which nearly all come, as the parser and `parsePublish` read it. */
import { ReadElement } from "../syntax/read-element.ts";
import { handOver, OF_STANZA, type TagReader } from "../syntax/tag-reader.ts";
import { NS } from "./namespaces.ts";
import { LONGEST_NODE, type Publish, publishOf } from "./publish.ts";

/** With all their parts far less than the parser takes. */
const MOST_FIELDS = 64;

/** The fields that say something, in the order of the values. */
const SUMMARY = [
	"message-count",
	"pending-subscription-count",
	"last-message-sender",
	"last-message-body",
] as const;
const OPTIONS = ["secret", "pushModule"] as const;

/** The attributes that may stand in a tag. */
const OF_PUBLISH: readonly string[] = ["node"];
const OF_ITEM: readonly string[] = ["id"];
const OF_FORM: readonly string[] = ["xmlns", "type"];
const OF_FIELD: readonly string[] = ["var", "type", "label"];
const NONE: readonly string[] = [];

/** An `<iq/>` that publishes. Its children were not read: what they say is `publish`. */
export class ScannedPublish extends ReadElement {
	readonly publish: Publish;

	constructor(attrs: Record<string, string>, header: ReadElement | undefined, publish: Publish) {
		super("iq", attrs, header);
		this.publish = publish;
	}
}

/** @param tags where an `<iq/>` begins */
export function scanPublish(tags: TagReader, header: ReadElement | undefined): ScannedPublish {
	const attrs = tags.opened("<iq", OF_STANZA);
	if (attrs.type !== "set") handOver();
	const publish = publishIn(tags);
	tags.literal("</iq>");
	return new ScannedPublish(attrs, header, publish);
}

function publishIn(tags: TagReader): Publish {
	tags.within("<pubsub", NS.pubsub);
	const { node = "" } = tags.opened("<publish", OF_PUBLISH);
	if (node === "" || node.length > LONGEST_NODE) handOver();
	tags.opened("<item", OF_ITEM);
	let said: readonly (string | undefined)[] = [];
	if (tags.namespaced("<notification", NS.push)) {
		if (!tags.is("</notification>")) said = formIn(tags, SUMMARY);
		tags.literal("</notification>");
	}
	tags.literal("</item></publish>");
	let options: readonly (string | undefined)[] = [];
	if (tags.is("<publish-options")) {
		tags.opened("<publish-options", NONE);
		options = formIn(tags, OPTIONS);
		tags.literal("</publish-options>");
	}
	tags.literal("</pubsub>");
	const [count, pending, sender, body] = said;
	const [secret, pushModule] = options;
	return publishOf({ node, secret, pushModule }, { count, pending, sender, body });
}

/** @returns the value of each of these fields; undefined: it has none, or an empty one */
function formIn(tags: TagReader, names: readonly string[]): readonly (string | undefined)[] {
	tags.within("<x", NS.dataForms, OF_FORM);
	const values: (string | undefined)[] = names.map(() => undefined);
	let seen = 0;
	for (let fields = 0; !tags.is("</x>"); fields++) {
		if (fields === MOST_FIELDS) handOver();
		const { var: name } = tags.tag("<field", OF_FIELD);
		const value = tags.isEmpty ? undefined : valueIn(tags);
		const at = name === undefined ? -1 : names.indexOf(name);
		if (at === -1) continue;
		// Which of several counts is not decided here.
		if (seen & (1 << at)) handOver();
		seen |= 1 << at;
		values[at] = value || undefined;
	}
	tags.literal("</x>");
	return values;
}

/** What stands in a field, up to its end. */
function valueIn(tags: TagReader): string | undefined {
	let value: string | undefined;
	if (!tags.skip("<value/>") && tags.skip("<value>")) {
		value = tags.text();
		tags.literal("</value>");
	}
	tags.literal("</field>");
	return value;
}
