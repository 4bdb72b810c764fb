/** What both say in a login, as elements (RFC 6120 §6.4). */

import { loginBounds } from "../limits/bounds/login.ts";
import { type Element, xml } from "../syntax/xml.ts";
import type { ClientStep, ServerStep } from "./login.ts";

export const NS_SASL = "urn:ietf:params:xml:ns:xmpp-sasl";

/** The names of the mechanisms that a server offers, in its stream features. */
export function mechanismsOf(features: Element): string[] {
	const offered = features.getChild("mechanisms", NS_SASL)?.getChildElements() ?? [];
	return offered.slice(0, loginBounds.mechanisms.is).map((mechanism) => mechanism.text());
}

export function elementOf(step: ClientStep): Element {
	const mechanism = step.name === "auth" ? { mechanism: step.mechanism } : {};
	return xml(step.name, { xmlns: NS_SASL, ...mechanism }, step.text);
}

/** @param element of SASL's namespace */
export function stepOf(element: Element): ServerStep {
	const name = element.getName();
	if (name === "challenge" || name === "success") return { name, text: element.text().trim() };
	const condition = element.getChildElements().find((child) => child.getName() !== "text");
	return {
		name: "failure",
		condition: condition?.getName() ?? "it does not say why",
		text: element.getChildText("text") ?? "",
	};
}
