/** How an account logs in on its stream (RFC 6120 §6): what sasl/ says and hears, as elements; and why it failed. */
import type { Element } from "@xmpp/xml";
import { settingOf, type XmppAccount } from "../../config/connections.ts";
import { elementOf, mechanismsOf, stepOf } from "../../sasl/elements.ts";
import { logIn, type ServerStep } from "../../sasl/login.ts";
import { SaslError } from "../../sasl/mechanism.ts";
import { isPrivateWay } from "../../sasl/plain.ts";
import { StreamFailure } from "./stream.ts";

export interface SaslLogin {
	/** Whether we are logged in. Before that, nothing that comes is the server's word. */
	isDone(): boolean;
	/**
	 * Logs in, as the server's stream features offer it. Ends in time only if its stream does.
	 * @throws {StreamFailure}
	 */
	start(features: Element): Promise<void>;
	/** An element of SASL's namespace came. */
	receive(element: Element): void;
}

/** @param send sends an element, if there is a connection */
export function createSaslLogin(account: XmppAccount, send: (element: Element) => void): SaslLogin {
	let isStarted = false;
	let isDone = false;
	/** What waits for the server's next word. */
	let hear: ((step: ServerStep) => void) | undefined;
	const interrupted = Promise.withResolvers<never>();
	// It may come when nobody waits any more.
	interrupted.promise.catch(() => {});

	return {
		isDone: () => isDone,

		async start(features) {
			// A server that offers a login again has no good reason to.
			if (isStarted) throw outOfTurn();
			isStarted = true;
			const login = logIn({
				credentials: account,
				offered: mechanismsOf(features),
				isPrivate: isPrivateWay(account.service ?? ""),
				send: (step) => send(elementOf(step)),
				receive: () =>
					new Promise((resolve) => {
						hear = resolve;
					}),
			});
			try {
				await Promise.race([login, interrupted.promise]);
			} catch (error) {
				throw error instanceof SaslError ? explain(error, account) : error;
			}
			isDone = true;
		},

		receive(element) {
			// Each side speaks in its turn: whoever does not is no server that knows us.
			if (!hear) return interrupted.reject(outOfTurn());
			hear(stepOf(element));
			hear = undefined;
		},
	};
}

const outOfTurn = () =>
	new StreamFailure(
		"credentials",
		"The server does not log in as XMPP servers do (RFC 6120 §6): it spoke out of turn.",
	);

/** What a login that failed means for the operator, and what to do. */
function explain({ fault, condition, message }: SaslError, account: XmppAccount): StreamFailure {
	const jid = `${account.username}@${account.domain}`;
	const failed = (sentence: string) => new StreamFailure("credentials", sentence);
	switch (fault) {
		case "refused":
			return refused(condition, message, account);
		case "unproven":
			return failed(
				`${message} ${jid} does not use it. Check that ${settingOf(account, "service")} leads to your own server, over wss://.`,
			);
		case "username":
		case "password":
			return failed(`${message} Change ${settingOf(account, fault)}.`);
		case "no-mechanism":
		case "unreadable":
			return failed(message);
	}
}

/** @param condition RFC 6120 §6.5 */
function refused(condition: string | undefined, message: string, account: XmppAccount): StreamFailure {
	const jid = `${account.username}@${account.domain}`;
	switch (condition) {
		case "not-authorized":
			return new StreamFailure(
				"credentials",
				`The server refused ${jid}: ${settingOf(account, "username")} or ${settingOf(account, "password")} is wrong, or there is no such account.`,
			);
		case "account-disabled":
			return new StreamFailure("credentials", `The account ${jid} is disabled.`);
		case "temporary-auth-failure":
			return new StreamFailure("other", message);
		default:
			return new StreamFailure("credentials", message);
	}
}
