/** Logs in to the account's server (RFC 6120 §6 and §7, over RFC 7395). */

import { webKitBounds } from "../../limits/bounds/web-kit.ts";
import { elementOf, mechanismsOf, NS_SASL, stepOf } from "../../sasl/elements.ts";
import { logIn as logInBySasl } from "../../sasl/login.ts";
import { type Credentials, SaslError } from "../../sasl/mechanism.ts";
import { isPrivateWay } from "../../sasl/plain.ts";
import { toALabels } from "../../syntax/domain-name.ts";
import { isDomainPart, isLocalPart } from "../../syntax/jid-syntax.ts";
import { type Element, xml } from "../../syntax/xml.ts";
import { abortOf } from "./abort.ts";
import { type Connection, connect, NotConnected } from "./connection.ts";
import type { KitDeps } from "./deps.ts";
import { Fault } from "./fault.ts";
import { isService } from "./find-server.ts";
import { createIqCaller, StanzaFailure } from "./iq-caller.ts";
import type { Session } from "./kit.ts";
import { NS } from "./namespaces.ts";
import { reasonOf } from "./reason.ts";
import { createSession } from "./session.ts";
import { StreamEnded } from "./stream-ended.ts";

/** As `Kit` has it. */
export async function logIn(
	account: { jid: string; password: string },
	services: readonly string[],
	deps: KitDeps,
	signal?: AbortSignal,
): Promise<Session> {
	const [bare = ""] = account.jid.trim().split("/", 1);
	const at = bare.indexOf("@");
	const username = bare.slice(0, Math.max(at, 0));
	const domain = bare.slice(at + 1).toLowerCase();
	// No server has such an account.
	if (!isDomainPart(domain)) throw new Fault({ kind: "domain-unknown", domain });
	if (!isLocalPart(username)) throw new Fault({ kind: "wrong-password", domain });

	const deadline = deps.timeout(webKitBounds.loginTime.is);
	const ends = signal ? AbortSignal.any([signal, deadline]) : deadline;
	try {
		const connection = await connectToAny(services, deps, ends);
		try {
			const opening = open(connection, domain, { username, password: account.password }, deps);
			return await Promise.race([opening, abortOf(ends)]);
		} catch (error) {
			connection.drop();
			throw error;
		}
	} catch (error) {
		if (deadline.aborted) throw new Fault({ kind: "disconnected", domain });
		throw faultOf(error, domain, services);
	}
}

/** @throws {NotConnected} and what `signal` says */
async function connectToAny(
	services: readonly string[],
	deps: KitDeps,
	signal: AbortSignal,
): Promise<Connection> {
	for (const service of services.filter((url) => isService(url, deps.isHttp))) {
		const patience = deps.timeout(webKitBounds.connectTime.is);
		try {
			return await connect(service, deps, AbortSignal.any([signal, patience]));
		} catch {
			signal.throwIfAborted();
		}
	}
	throw new NotConnected();
}

async function open(
	connection: Connection,
	domain: string,
	credentials: Credentials,
	deps: KitDeps,
): Promise<Session> {
	const { send } = connection;
	const features = await openStream(connection, domain);
	await logInBySasl({
		credentials,
		offered: mechanismsOf(features),
		isPrivate: isPrivateWay(connection.service),
		send: (step) => send(elementOf(step)),
		receive: async () => {
			const element = await connection.next();
			if (element.getNS() !== NS_SASL) throw new StreamEnded();
			return stepOf(element);
		},
	});
	await openStream(connection, domain);
	const iq = createIqCaller(connection, deps);
	const bound = await iq.request("set", xml("bind", { xmlns: NS.bind }));
	const jid = bound.getChild("bind", NS.bind)?.getChildText("jid")?.trim();
	if (!jid) throw new StreamEnded();
	const session = createSession({ connection, iq, jid, now: deps.now });
	// A server speaks for its own accounts alone: what this browser keeps of others is not its to replace.
	if (toALabels(session.domain) !== toALabels(domain)) throw new Fault({ kind: "server-unproven", domain });
	return session;
}

/** RFC 7395 §3.4. @returns the stream's features @throws {StreamEnded} */
async function openStream({ send, next }: Connection, domain: string): Promise<Element> {
	send(xml("open", { xmlns: NS.framing, to: domain, version: "1.0" }));
	const header = await next();
	if (!header.is("open", NS.framing)) throw new StreamEnded();
	const features = await next();
	if (!features.is("features", NS.streams)) throw new StreamEnded();
	return features;
}

/** What it means for the person who logs in that this was thrown. */
function faultOf(error: unknown, domain: string, services: readonly string[]): unknown {
	if (error instanceof NotConnected) {
		return new Fault({ kind: "server-unreachable", service: services.at(0) ?? "" });
	}
	if (error instanceof SaslError) return saslFaultOf(error, domain);
	if (error instanceof StanzaFailure) {
		return new Fault({ kind: "login-refused", domain, reason: reasonOf(error) });
	}
	if (!(error instanceof StreamEnded)) return error;
	switch (error.condition) {
		case undefined:
			return new Fault({ kind: "disconnected", domain });
		case "host-unknown":
		case "host-gone":
			return new Fault({ kind: "domain-unknown", domain });
		default:
			return new Fault({ kind: "login-refused", domain, reason: reasonOf(error) });
	}
}

function saslFaultOf({ fault, condition, said, message }: SaslError, domain: string): Fault {
	switch (fault) {
		case "no-mechanism":
			return new Fault({ kind: "no-safe-login", domain });
		case "unproven":
			return new Fault({ kind: "server-unproven", domain });
		case "username":
		case "password":
			// No server can have it.
			return new Fault({ kind: "wrong-password", domain });
		case "refused":
			if (condition === "not-authorized") return new Fault({ kind: "wrong-password", domain });
			return new Fault({ kind: "login-refused", domain, reason: said ?? message });
		case "unreadable":
			return new Fault({ kind: "login-refused", domain, reason: message });
	}
}
