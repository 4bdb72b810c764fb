/** Why a component has no stream, and what to do. */
import { settingOf, shownUrl, type XmppComponent } from "../../config/connections.ts";
import { causeAnd, explainStreamError, type StreamError, StreamFailure } from "./stream.ts";

/** The port that servers' documents name, for a URL without one. */
export const PORT = 5347;

/** Whose ports answer with which namespace. Prosody's then says that the host is unknown, which it is not. */
const PORTS_OF_OTHERS: ReadonlyMap<string, string> = new Map([
	["jabber:client", "clients"],
	["jabber:server", "other servers"],
]);

/** @param namespace what the stream is for, as the server says. @returns undefined: it may be a component's */
export function wrongPort(namespace: string, component: XmppComponent): StreamFailure | undefined {
	const others = PORTS_OF_OTHERS.get(namespace);
	if (others === undefined) return undefined;
	return new StreamFailure(
		"other",
		`${shownUrl(component.service)} is the server's port for ${others}, not for components: set ${settingOf(component, "service")} to the port that it has for components (by default ${PORT}).`,
	);
}

/** What answered does not speak XMPP. */
export function noXmppServer(component: XmppComponent): StreamFailure {
	const { service } = component;
	return new StreamFailure(
		"other",
		`${shownUrl(service)} is no XMPP server: check ${settingOf(component, "service")}.`,
	);
}

/** @param error the socket's */
export function noConnection(error: Error, component: XmppComponent): StreamFailure {
	const code = codeOf(error);
	const check = `check ${settingOf(component, "service")}, and that the server listens for components there`;
	// What is to be checked then is said already.
	const words = code === "ECONNREFUSED" ? check : causeAnd(code, check, new URL(component.service).hostname);
	return new StreamFailure("other", `Cannot connect to ${shownUrl(component.service)} (${code}): ${words}.`);
}

/** Why, without the address that the system's own sentence names. */
const codeOf = (error: Error) => String((error as { code?: unknown }).code ?? error.name);

/** @param options.wasOpen whether the server had taken us already */
export function explain(
	error: StreamError,
	component: XmppComponent,
	{ wasOpen }: { wasOpen: boolean },
): StreamFailure {
	const { domain } = component;
	const service = shownUrl(component.service);
	switch (error.condition) {
		case "not-authorized":
			return new StreamFailure(
				"credentials",
				`The server refused the component ${domain}: ${settingOf(component, "password")} is not its secret, or the server has no component called so (${settingOf(component, "domain")}).`,
			);
		case "conflict":
			// Prosody takes one connection of a component, unless it is told otherwise.
			return wasOpen
				? explainStreamError(error, component)
				: new StreamFailure(
						"address-held",
						`The server has another connection of the component ${domain}. If it is a Reveille of the same database, this one stands by; of another database, end one of the two. If it is our last connection, the server has not noticed its end yet.`,
					);
		case "host-unknown":
			return new StreamFailure(
				"other",
				`The server at ${service} knows no component ${domain}: check ${settingOf(component, "domain")}, and the server's configuration.`,
			);
		case "invalid-namespace":
			return new StreamFailure(
				"other",
				`The server does not take components at ${service}: check the port in ${settingOf(component, "service")}.`,
			);
		default:
			return explainStreamError(error, component);
	}
}
