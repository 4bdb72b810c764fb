/** A publish as a user's server sends it (XEP-0357 §7). */
import type { Element } from "@xmpp/xml";
import xml from "@xmpp/xml";
import { NS } from "../../../xmpp/namespaces.ts";

const field = (name: string, value: string) => xml("field", { var: name }, xml("value", {}, value));

const form = (type: string, kind: string, ...fields: Element[]) =>
	xml("x", { xmlns: NS.dataForms, type: kind }, field("FORM_TYPE", type), ...fields);

/** @param body what the device is to read */
export function publishElement({
	node,
	secret,
	body,
}: {
	node: string;
	secret: string;
	body: string;
}): Element {
	return xml(
		"pubsub",
		{ xmlns: NS.pubsub },
		xml(
			"publish",
			{ node },
			xml(
				"item",
				{},
				xml(
					"notification",
					{ xmlns: NS.push },
					form(NS.pushSummary, "form", field("message-count", "1"), field("last-message-body", body)),
				),
			),
		),
		xml("publish-options", {}, form(NS.publishOptions, "submit", field("secret", secret))),
	);
}
