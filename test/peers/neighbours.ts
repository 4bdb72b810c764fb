/** Two real XMPP servers that exchange stanzas: `prosody.example` and `ejabberd.example`. */
import { type EjabberdOptions, startEjabberd } from "./ejabberd.ts";
import { freePorts } from "./ports.ts";
import { type ProsodyOptions, startProsody } from "./prosody.ts";
import type { XmppServer } from "./xmpp-server.ts";

/** What each gets beside its neighbour. */
export interface NeighboursOptions {
	prosody?: ProsodyOptions;
	ejabberd?: EjabberdOptions;
}

export interface Neighbours {
	readonly prosody: XmppServer;
	readonly ejabberd: XmppServer;
	/** Stops both for good. */
	stop(): Promise<void>;
}

/**
 * Starts both, each with a pubsub service and the component `push.` of its domain. Their streams (s2s) are not
 * encrypted; they trust each other by dialback (XEP-0220).
 *
 * @throws {MissingPeer} when one is not installed
 */
export async function startNeighbours({ prosody, ejabberd }: NeighboursOptions = {}): Promise<Neighbours> {
	const [prosodyPort = 0, ejabberdPort = 0] = await freePorts(2);
	const at = (domain: string, port: number, ownPort: number) => ({
		port,
		ownPort,
		domains: ["", "pubsub.", "push."].map((service) => service + domain),
	});
	const starting = [
		startProsody({
			hosts: ["prosody.example"],
			pubsub: true,
			neighbour: at("ejabberd.example", ejabberdPort, prosodyPort),
			...prosody,
		}),
		startEjabberd({
			hosts: ["ejabberd.example"],
			pubsub: true,
			neighbour: at("prosody.example", prosodyPort, ejabberdPort),
			...ejabberd,
		}),
	] as const;
	const stop = async () => {
		const started = await Promise.allSettled(starting);
		await Promise.all(started.map((one) => one.status === "fulfilled" && one.value.stop()));
	};
	try {
		const [prosody, ejabberd] = await Promise.all(starting);
		return { prosody, ejabberd, stop };
	} catch (error) {
		await stop();
		throw error;
	}
}
