/** APNs: every answer of the table, and what comes of it for the registration, the outbox and the publisher. */
import { afterAll, describe, test } from "bun:test";
import { createHttp2Fetch } from "../../../src/bun/fetch/http2.ts";
import { createApns } from "../../../src/services/apns/apns.ts";
import { createProviderTokens, importApnsKey } from "../../../src/services/apns/provider-tokens.ts";
import { type ApnsReply, type ApnsServer, startApnsServer } from "../../peers/apns-server.ts";
import { OF_MOST, ROWS, WELL } from "../../services/apns/answer-rows.ts";
import { answerInTurn } from "../../services/apns/scene.ts";
import { openRowScene } from "./scene.ts";

const TOPIC = "net.example.app";
let server: ApnsServer;
let fetch: ReturnType<typeof createHttp2Fetch>;
let made = 0;
const scene = await openRowScene<ApnsReply>(async (now) => {
	server = await startApnsServer({ topics: [TOPIC], now });
	fetch = createHttp2Fetch({ ca: server.ca });
	return {
		async service() {
			const { key, keyId, teamId } = server.createKey(`TEAM${++made}`, `KEY${made}`);
			const tokens = createProviderTokens({ key: await importApnsKey(key), keyId, teamId, now });
			const credentials = { kind: "token", tokens } as const;
			return createApns({ credentials, topic: TOPIC, url: server.url, fetch, now });
		},
		device: () => ({
			token: (++made).toString(16).padStart(64, "d"),
			voipToken: made.toString(16).padStart(64, "c"),
		}),
		answer: (answers) => answerInTurn(server, answers),
		well: WELL,
		requests: () => server.pushes.length,
		stop: () => server.stop(),
	};
});
afterAll(() => scene.close());

describe("APNs says", () => {
	test.each(ROWS.map((row) => [row.says, row] as const))("%s", (_, row) => scene.check(row));
});

describe("APNs says of most devices", () => {
	test.each(OF_MOST)("%s", (_, reply, means) => scene.checkMass(reply, means));
});
