/**
 * A connection at a hostile server, over a live WebSocket: login, bind, resumption and stream management, with anything
 * said at any step. It takes no session from a server that does not know the password, and no address but its own.
 */
import type { Logger } from "@logtape/logtape";
import type { Element } from "@xmpp/xml";
import xml from "@xmpp/xml";
import { type ConnectionDeps, startConnection } from "../../src/connector/connection.ts";
import type { StreamState, Streams } from "../../src/store/local/streams.ts";
import { account } from "../connector/xmpp-double.ts";
import { claim, claimSentence, same } from "./claims.ts";
import {
	ADDRESS,
	again,
	type HostileServer,
	muchAtOnce,
	type Script,
	SESSION,
	scripts,
	startHostileServer,
} from "./hostile-server.ts";
import { eventually, type Fuzzed } from "./property.ts";

const PASSWORD = "correct-horse-battery";
const SECRETS = [PASSWORD, Buffer.from(`\0push\0${PASSWORD}`).toString("base64")];
/** Of one attempt, ms. */
const DEADLINE_MS = 150;
/** How much later its end may be noticed on a busy machine, ms. */
const PATIENCE_MS = 20_000;

const knowing = startHostileServer(PASSWORD, PASSWORD);
const ignorant = startHostileServer("another password", PASSWORD);

/** One message may hold the event loop so long, ms. */
const MOMENT_MS = 50;
/** What the heap may grow by, bytes, where nothing is kept: noise. */
const MOST_KEPT = 8 * 1024 * 1024;
let visited = 0;
let atFirst: number | undefined;

/** How long the longest turn of the event loop took meanwhile, ms. */
async function longestTurn(work: Promise<unknown>): Promise<number> {
	let longest = 0;
	let last = performance.now();
	const look = () => {
		const now = performance.now();
		longest = Math.max(longest, now - last);
		last = now;
	};
	const timer = setInterval(look, 1);
	await work.finally(() => clearInterval(timer));
	look();
	return longest;
}

interface Scene {
	/** Whether it was online, and how. */
	online: boolean[];
	/** Stanzas that were handed on. */
	handled: number;
	/** Lines of the log, as they would be written. */
	lines: string[];
	kept: StreamState | undefined;
}

/** Connects, has the script said, and leaves. */
async function visit(server: HostileServer, script: Script, saved?: StreamState): Promise<Scene> {
	const scene: Scene = { online: [], handled: 0, lines: [], kept: saved };
	const over = Promise.withResolvers<void>();
	let isSilent = false;
	// Where it says nothing more, an attempt that is not online yet ends at its deadline.
	const look = () => isSilent && scene.online.length > 0 && over.resolve();
	server.next(script, () => {
		isSilent = script.end === "silence";
		look();
	});
	const say = (message: string, values: Record<string, unknown> = {}) => {
		scene.lines.push(message.replaceAll(/\{(\w+)\}/g, (_, name) => String(values[name])));
		// It is away, and says why: the next attempt is another case.
		if (message.includes("is not online") || message.includes("taken over")) over.resolve();
	};
	const log = { debug: say, info: say, warn: say, error: say } as unknown as Logger;
	const streams: Streams = {
		load: async () => scene.kept,
		async save(_address, state) {
			scene.kept = { ...state };
		},
		async forget() {
			scene.kept = undefined;
		},
	};
	const deps: ConnectionDeps = {
		settings: { ...account(server.service), password: PASSWORD },
		streams,
		log,
		onBacklog: async () => {},
		async handle({ attrs }: Element) {
			scene.handled++;
			return xml("iq", { type: "result", id: attrs.id, to: attrs.from });
		},
		onOnline(isResumed) {
			scene.online.push(isResumed);
			look();
		},
		timing: { deadline: DEADLINE_MS, farewell: 2, backoffFirst: 60_000, backoffCredentials: 60_000 },
	};
	const connection = await startConnection(deps);
	const tooLate = setTimeout(() => over.reject(new Error("The attempt does not end.")), PATIENCE_MS);
	await over.promise.finally(() => clearTimeout(tooLate));
	// What was said last is on its way.
	await new Promise((resolve) => setTimeout(resolve, 1));
	await connection.stop(async () => {});
	await Promise.all(server.visits().map(({ closed }) => closed));
	for (const line of scene.lines) {
		claimSentence(line);
		for (const secret of SECRETS) claim(!line.includes(secret), () => `a secret is in the log: ${line}`);
	}
	return scene;
}

/** Whether one of these gives our address in answer to our own bind. */
function gaveOurs(server: HostileServer): boolean {
	return server.visits().some(({ received, binds }) =>
		received.some((message) => {
			const id = message.includes("<bind") ? /\bid="([^"]*)"/.exec(message)?.[1] : undefined;
			return id && binds.some((said) => said.includes(id) && said.includes(`<jid>${ADDRESS}</jid>`));
		}),
	);
}

const sent = (server: HostileServer, pattern: RegExp) =>
	server.visits().some(({ received }) => received.some((message) => pattern.test(message)));

export const fuzzed: Fuzzed = {
	name: "a hostile server",
	properties: [
		eventually(
			"that does not know the password gets no session, no stanza and no secret",
			{ weight: 2, most: 3_000 },
			scripts(["SCRAM-SHA-1", "SCRAM-SHA-256", "SCRAM-SHA-512"]),
			async (script) => {
				const saved = { id: SESSION, inbound: 0, jid: ADDRESS };
				const { online, handled, kept, lines } = await visit(ignorant, script, saved);
				// Where it offers PLAIN it is told the password, and has nothing to prove.
				if (sent(ignorant, /mechanism="PLAIN"/)) return;
				same([online, handled], [[], 0]);
				same(kept, saved);
				claim(!sent(ignorant, /<(bind|resume|enable|iq|a |r )/), "it was asked for a session");
				for (const secret of SECRETS)
					claim(!sent(ignorant, new RegExp(RegExp.escape(secret))), "it was told");
				claim(!lines.some((line) => line.includes("taken over")), "it took the address");
			},
		),
		eventually(
			"that knows the password gives no other address than ours, whatever else it says",
			{ weight: 2, most: 3_000 },
			scripts(["PLAIN", "SCRAM-SHA-1"]),
			async (script) => {
				const { online, kept } = await visit(knowing, script);
				claim(online.length === 0 || gaveOurs(knowing), "it gave another address");
				if (kept) {
					same(kept.jid, ADDRESS);
					claim(Number.isSafeInteger(kept.inbound) && kept.inbound >= 0, "it spoilt the count");
				}
			},
		),
		eventually(
			"that knows the password resumes only what we ask for",
			{ weight: 2, most: 3_000 },
			scripts(["PLAIN", "SCRAM-SHA-1"]),
			async (script) => {
				const saved = { id: SESSION, inbound: 3, jid: ADDRESS };
				const { online, kept } = await visit(knowing, script, saved);
				const [first, ...more] = online;
				if (first === true) claim(sent(knowing, /^<resume /), "we did not ask");
				if (first === false || more.includes(false)) claim(gaveOurs(knowing), "it gave another address");
				if (kept) {
					same(kept.jid, ADDRESS);
					claim(Number.isSafeInteger(kept.inbound) && kept.inbound >= 0, "it spoilt the count");
				}
			},
		),
		eventually(
			"holds the event loop for no more than a moment, however much it says at once",
			{ weight: 1, most: 2_000 },
			muchAtOnce,
			async (script) => {
				// A busy machine holds it too, but not each time.
				let longest = Number.POSITIVE_INFINITY;
				for (let attempt = 0; attempt < 8 && longest > MOMENT_MS; attempt++) {
					longest = Math.min(longest, await longestTurn(visit(knowing, script)));
				}
				claim(longest <= MOMENT_MS, () => `one message held it for ${longest} ms`);
			},
		),
		eventually(
			"takes no memory that is not given back, however often and whatever it says",
			{ weight: 1, most: 1_000 },
			again,
			async (script) => {
				await visit(knowing, script);
				for (const { received } of knowing.visits()) {
					claim(received.length <= 320 + script.steps.length, "it was answered more often than it spoke");
				}
				if (++visited % 100 === 0) {
					Bun.gc(true);
					const used = process.memoryUsage().heapUsed;
					atFirst ??= used;
					claim(
						used - atFirst < MOST_KEPT,
						() => `${used - (atFirst ?? 0)} bytes are kept after ${visited} visits`,
					);
				}
			},
		),
	],
	async close() {
		knowing.stop();
		ignorant.stop();
	},
};
