/** Service discovery (XEP-0030): what is really served with today's configuration. */
import type { Element } from "@xmpp/xml";
import xml from "@xmpp/xml";
import { stanzaBounds } from "../limits/bounds/stanzas.ts";
import { SERVICES } from "../services/registry.ts";
import type { App } from "../types.ts";
import { servedCommands } from "./commands/commands.ts";
import type { Registrar } from "./commands/registrar.ts";
import { domainOf } from "./jid.ts";
import { NS } from "./namespaces.ts";
import { stanzaError } from "./stanza-errors.ts";

const FEATURES = [NS.discoInfo, NS.discoItems, NS.push, NS.commands, NS.dataForms, NS.ping, NS.version];

/**
 * The answer to a query about us, about the list of commands, or about one command.
 * @returns a `<query/>`, or an `<error/>` when there is no such node
 */
export function discoInfo(node: string | undefined, registrar: Registrar, isUnifiedPush = false): Element {
	if (node === undefined) {
		return info(
			undefined,
			[identity("pubsub", "push", "Reveille"), ...appServers(registrar.apps)],
			[...FEATURES, ...(isUnifiedPush ? [NS.unifiedPush] : []), ...registrar.providers],
			pushForm(registrar),
		);
	}
	if (node === NS.commands) {
		return info(node, [identity("automation", "command-list", "Commands")], [NS.commands, NS.discoItems]);
	}
	const command = servedCommands(registrar).find((served) => served.node === node);
	if (!command) return noSuchNode();
	return info(node, [identity("automation", "command-node", command.name)], [NS.commands, NS.dataForms]);
}

/** @param to our address, where the commands are */
export function discoItems(node: string | undefined, to: string, registrar: Registrar): Element {
	const items = (all: Element[]) =>
		xml("query", { xmlns: NS.discoItems, ...(node !== undefined && { node }) }, ...all);
	// Commands are asked for by their own node (XEP-0050 §2.2): the items of an address are other addresses.
	if (node === undefined) return items([]);
	const served = servedCommands(registrar);
	if (node === NS.commands) {
		// Each item repeats it. A component has any number of addresses, its domain among them.
		const jid = to.length > stanzaBounds.listedAddress.is ? domainOf(to) : to;
		const listed = served.filter(({ unlisted }) => !unlisted);
		return items(listed.map((command) => xml("item", { jid, node: command.node, name: command.name })));
	}
	return served.some((command) => command.node === node) ? items([]) : noSuchNode();
}

/** XEP-0128: what a browser subscribes with, for web apps that know no HTTP address of ours. */
function pushForm({ vapidPublicKey }: Registrar): Element[] {
	if (vapidPublicKey === undefined) return [];
	const field = (name: string, value: string, type?: string) =>
		xml("field", { var: name, ...(type && { type }) }, xml("value", {}, value));
	return [
		xml(
			"x",
			{ xmlns: NS.dataForms, type: "result" },
			field("FORM_TYPE", NS.push, "hidden"),
			field("vapid-public-key", vapidPublicKey),
		),
	];
}

/** mod_push: the apps by name; `any` stands for all that need no developer's credentials. */
function appServers(apps: readonly App[]): Element[] {
	const free = ({ service }: App) => SERVICES[service].ownApp !== undefined;
	const types = new Set(apps.map((app) => (free(app) ? "any" : app.name)));
	return [...types].map((type) => identity("app-server", type));
}

function info(
	node: string | undefined,
	identities: readonly Element[],
	features: readonly string[],
	forms: readonly Element[] = [],
): Element {
	return xml(
		"query",
		{ xmlns: NS.discoInfo, ...(node !== undefined && { node }) },
		...identities,
		...[...new Set(features)].map((feature) => xml("feature", { var: feature })),
		...forms,
	);
}

function identity(category: string, type: string, name?: string): Element {
	return xml("identity", { category, type, ...(name !== undefined && { name }) });
}

function noSuchNode(): Element {
	return stanzaError("cancel", "item-not-found");
}
