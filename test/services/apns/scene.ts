/**
 * A double of APNs and apps that send to it, at a time the test sets.
 */
import { createHttp2Fetch } from "../../../src/bun/fetch/http2.ts";
import { type ApnsOptions, createApns } from "../../../src/services/apns/apns.ts";
import {
	createProviderTokens,
	importApnsKey,
	type ProviderTokens,
} from "../../../src/services/apns/provider-tokens.ts";
import type { PushService } from "../../../src/types.ts";
import { type ApnsReply, type ApnsServer, startApnsServer } from "../../peers/apns-server.ts";

export const START = Date.UTC(2026, 0, 1);
export const TOPIC = "net.example.app";

/** What a test works with. */
export interface Scene {
	readonly server: ApnsServer;
	/** Milliseconds since the epoch, for both sides. */
	readonly clock: { now: number };
	/** The tokens of a team that Apple has not seen before. */
	newTeam(): Promise<ProviderTokens>;
	/** An app of a new team, if not said otherwise. */
	options(given?: Partial<ApnsOptions>): Promise<ApnsOptions>;
	service(given?: Partial<ApnsOptions>): Promise<PushService>;
	/** Forgets what came and how to answer, and sets the clock to the start. */
	reset(): void;
}

/** Starts a double that knows {@link TOPIC} and `net.example.other`. */
export async function startScene(): Promise<Scene> {
	const clock = { now: START };
	const now = () => clock.now;
	const server = await startApnsServer({ topics: [TOPIC, "net.example.other"], now });
	const fetch = createHttp2Fetch({ ca: server.ca });
	let teams = 0;
	const scene: Scene = {
		server,
		clock,
		async newTeam() {
			teams += 1;
			const { key, keyId, teamId } = server.createKey(`TEAM${teams}`, `KEY${teams}`);
			return createProviderTokens({ key: await importApnsKey(key), keyId, teamId, now });
		},
		async options(given = {}) {
			const credentials = { kind: "token", tokens: await scene.newTeam() } as const;
			return { credentials, topic: TOPIC, url: server.url, fetch, now, ...given };
		},
		service: async (given) => createApns(await scene.options(given)),
		reset() {
			server.respondNormally();
			server.clear();
			clock.now = START;
		},
	};
	return scene;
}

/** Lets APNs give these answers in turn, the last one again. */
export function answerInTurn(server: ApnsServer, answers: readonly ApnsReply[]): void {
	server.respondNormally();
	const [last, ...earlier] = answers.toReversed();
	if (last) server.respondWith(last);
	// The latest that was told comes first.
	for (const one of earlier) server.respondWith({ ...one, times: 1 });
}
