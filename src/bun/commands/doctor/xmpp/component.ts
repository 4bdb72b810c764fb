/** A component: is its server reached, and does it let it in? While Reveille runs, that one's word counts. */
import { connect, type Socket } from "node:net";
import { settingOf, shownUrl, type XmppComponent } from "../../../../config/connections.ts";
import { openComponentStream } from "../../../../connector/stream/component-stream.ts";
import { createStreamManagement } from "../../../../connector/stream/stream-management.ts";
import type { Context } from "../context.ts";
import { bad, type Finding, ok, reasonOf, timed, unknown } from "../finding.ts";
import { lookAtName } from "./way.ts";

const DEADLINE_MS = 8_000;
/** Of components, if the URL has none. */
const PORT = 5347;

/** Looks at a component. */
export async function lookAtComponent(
	component: XmppComponent,
	{ found, config }: Pick<Context, "found" | "config">,
	signal: AbortSignal,
): Promise<Finding[]> {
	const own = lookAtOwnUsers(component, { found, config });
	const name = await lookAtName(new URL(component.service), settingOf(component, "service"));
	const running =
		found.kind === "running"
			? found.running.status.connections.find(({ address }) => address === component.address)
			: undefined;
	if (!running) return [...name, await logIn(component, signal), ...own];
	if (running.isOnline && running.reason === null) {
		const address = ok("Address", `this Reveille has ${component.domain}.`);
		return [...name, await lookAtPort(component), address, ...own];
	}
	const text = `this Reveille does not have ${component.domain}: ${running.reason ?? "it is not connected yet"}`;
	return [...name, bad("Address", text)];
}

/** Whether push can be enabled for one's own users, by what the Reveille that runs was told (XMPP_ENABLE_FOR). */
function lookAtOwnUsers(
	{ domain: address }: XmppComponent,
	{ found, config: { enableFor } }: Pick<Context, "found" | "config">,
): Finding[] {
	if (enableFor?.address !== address) return [];
	const states = found.kind === "running" ? (found.running.status.enabling ?? []) : [];
	return enableFor.domains.map((domain) => {
		const state = states.find((one) => one.domain === domain);
		if (!state) {
			const text = `whether ${domain} lets push be enabled for its users is told to a Reveille that runs alone.`;
			return unknown(OWN_USERS, text, "start Reveille, and ask again after some seconds");
		}
		return state.lacks
			? bad(OWN_USERS, state.lacks.what, state.lacks.cure)
			: ok(OWN_USERS, `${domain} lets push be enabled for its users.`);
	});
}

const OWN_USERS = "Own users";

/** Only whether the component is let in. While Reveille has the domain that is not tried: it might lose it. */
export async function lookAtSecret(
	component: XmppComponent,
	{ found }: Pick<Context, "found">,
	signal: AbortSignal,
): Promise<Finding[]> {
	if (found.kind === "none") return [await logIn(component, signal)];
	const text = `the secret of ${component.domain} was not tried, since the Reveille that runs might lose the domain by it.`;
	return [unknown("Login", text, "stop Reveille to try it")];
}

/** Nobody of ours has it: it is taken for a moment, in which nothing is answered that comes. */
async function logIn(component: XmppComponent, signal: AbortSignal): Promise<Finding> {
	try {
		const { value: stream, ms } = await timed(
			openComponentStream(component, {
				management: createStreamManagement(undefined, { save: async () => {}, send() {}, onFault() {} }),
				onStanza: (_, handled) => handled(),
				onLife() {},
				onOpen() {},
				deadlineMs: DEADLINE_MS,
				signal,
			}),
		);
		await Promise.race([stream.leave(), Bun.sleep(1_000)]);
		stream.drop();
		return ok("Login", `${component.domain} is let in at ${shownUrl(component.service)}.`, ms);
	} catch (error) {
		return bad("Login", reasonOf(error));
	}
}

async function lookAtPort({ service }: XmppComponent): Promise<Finding> {
	const { hostname, port } = new URL(service);
	const { promise, resolve } = Promise.withResolvers<string | undefined>();
	const { value: reason, ms } = await timed(() => {
		const socket: Socket = connect(Number(port) || PORT, hostname.replace(/^\[(.*)\]$/, "$1"));
		socket.setTimeout(DEADLINE_MS, () => resolve("no answer in time"));
		socket.once("connect", () => resolve(undefined));
		socket.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
		return promise.finally(() => socket.destroy());
	});
	if (reason === undefined) return ok("Server", `${shownUrl(service)} takes connections.`, ms);
	return bad("Server", `${shownUrl(service)} takes no new connections (${reason}).`);
}
