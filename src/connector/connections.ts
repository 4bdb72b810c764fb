/** All XMPP connections of a process: none of them waits for another. */
import type { Element } from "@xmpp/xml";
import { settingOf, shownUrl, type XmppConnection } from "../config/connections.ts";
import { withoutHost } from "../services/network-failures.ts";
import { bareOf, domainOf, resourceOf } from "../xmpp/jid.ts";
import {
	type Connection,
	type ConnectionDeps,
	type ConnectionStatus,
	startConnection,
} from "./connection.ts";

/** How a connection is. */
export interface ConnectionState {
	address: string;
	isOnline: boolean;
	/** Another process of the same database has it, and this one waits. */
	isStandby: boolean;
	/** Why not. */
	reason: string | null;
}

export interface Connections {
	/** Opens them. Until then nothing comes in, and what is sent goes nowhere. */
	start(each: readonly ConnectionDeps[]): Promise<void>;
	/** Whether each address is ours. */
	isOnline(): ReadonlyMap<string, boolean>;
	/** Since when each address is ours, ms since the epoch; 0: it is not. */
	onlineSince(): ReadonlyMap<string, number>;
	/** The URL of the server of each address, once it is known. */
	services(): ReadonlyMap<string, string | undefined>;
	/**
	 * True while all of them are, or stand by for another process's; otherwise a sentence that says what is wrong, fit
	 * for strangers: a server's URL is called by its setting.
	 */
	status(): true | string;
	/** How each is, for the operator. */
	states(): ConnectionState[];
	/**
	 * Sends a stanza of our own by the connection that has this JID, from that JID; or by the first, if none has.
	 * Nobody promises that it arrives.
	 */
	sendFrom(from: string | undefined, stanza: Element): void;
	/** @param finish answers all that is in hand; called once for all of them */
	stop(finish: () => Promise<void>): Promise<void>;
}

/** @param all their settings; they are opened by `start` */
export function createConnections(all: readonly XmppConnection[]): Connections {
	/** Those that are opened. */
	const held: { settings: XmppConnection; connection: Connection }[] = [];

	const statuses = (): [string, ConnectionStatus][] =>
		held.map(({ settings, connection }) => [settings.address, connection.status()]);

	return {
		async start(each) {
			for (const deps of each)
				held.push({ settings: deps.settings, connection: await startConnection(deps) });
		},

		isOnline: () => new Map(statuses().map(([address, { kind }]) => [address, kind === "online"])),

		onlineSince: () =>
			new Map(held.map(({ settings, connection }) => [settings.address, connection.onlineSince()])),

		services: () => new Map(held.map(({ settings, connection }) => [settings.address, connection.service()])),

		status() {
			if (all.length === 0) {
				return "XMPP is not configured: set XMPP_SERVICE, XMPP_USERNAME and XMPP_PASSWORD.";
			}
			if (held.length < all.length) return "The XMPP connections are not opened yet.";
			const faults = held.flatMap(({ settings, connection }) => {
				const status = connection.status();
				const said = status.kind === "online" ? status.fault : status.reason;
				if (said === undefined || status.kind === "standby") return [];
				const { address } = settings;
				const service = connection.service();
				const name = settings.service === undefined ? "its server" : settingOf(settings, "service");
				const reason =
					service === undefined
						? said
						: withoutHost(said, new URL(service).hostname).replaceAll(shownUrl(service), name);
				return [held.length === 1 ? reason : `${address}: ${reason}`];
			});
			return faults.length === 0 || faults.join(" ");
		},

		states: () =>
			all.map(({ address }) => {
				const status = held.find(({ settings }) => settings.address === address)?.connection.status();
				const [isOnline, isStandby] = [status?.kind === "online", status?.kind === "standby"];
				if (status === undefined) return { address, isOnline, isStandby, reason: "it is not opened yet" };
				const reason = status.kind === "online" ? status.fault : status.reason;
				return { address, isOnline, isStandby, reason: reason ?? null };
			}),

		sendFrom(from = "", stanza) {
			const { settings, connection } = held.find((each) => hasJid(each.settings, from)) ?? held[0] ?? {};
			if (!settings) return;
			// From an account a server takes its own address only; from a component any of its domain's.
			const isAny = settings.kind === "component" && hasJid(settings, from);
			stanza.attrs.from = isAny ? from : settings.address;
			connection?.send(stanza);
		},

		async stop(finish) {
			let finishing: Promise<void> | undefined;
			const finishOnce = () => {
				finishing ??= finish();
				return finishing;
			};
			// Without a connection there may still be something to finish.
			await Promise.all([...held.map(({ connection }) => connection.stop(finishOnce)), finishOnce()]);
		},
	};
}

/** Whether publishes to this JID come in by one of the connections: its own, or by its pubsub host. */
export const isServedBy = (connections: readonly XmppConnection[], jid: string): boolean =>
	connections.some((one) => jid === one.pubsubHost || hasJid(one, jid));

/** Whether stanzas to this JID come in by the connection. */
export function hasJid({ kind, address, domain }: XmppConnection, jid: string): boolean {
	if (kind === "component") return domainOf(jid) === domain;
	// Several connections may be resources of one account.
	return bareOf(jid) === bareOf(address) && resourceOf(jid) === resourceOf(address);
}
