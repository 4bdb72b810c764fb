/**
 * APNs under load, with all that may happen to its connections: none lost, none doubled.
 */
import { expect, test } from "bun:test";
import { createHttp2Fetch } from "../../../src/bun/fetch/http2.ts";
import { createApns } from "../../../src/services/apns/apns.ts";
import { createProviderTokens, importApnsKey } from "../../../src/services/apns/provider-tokens.ts";
import type { Outcome } from "../../../src/types.ts";
import { type ApnsServer, type ApnsServerOptions, startApnsServer } from "../../peers/apns-server.ts";
import { pushTo, TOKEN } from "./pushes.ts";

const AT_ONCE = 500;

/** A double, two apps of one team that send to it, and what they sent. */
async function scene(options: ApnsServerOptions) {
	const topics = ["net.example.app", "net.example.other"] as const;
	const server = await startApnsServer({ ...options, topics: [...topics] });
	const { key, keyId, teamId } = server.createKey("TEAM123456", "KEY1234567");
	const tokens = createProviderTokens({ key: await importApnsKey(key), keyId, teamId, now: Date.now });
	const fetch = createHttp2Fetch({ ca: server.ca });
	const ids: string[] = [];
	const random = () => {
		const id = crypto.randomUUID();
		ids.push(id);
		return id;
	};
	const apps = topics.map((topic) =>
		createApns({
			credentials: { kind: "token", tokens },
			topic,
			url: server.url,
			fetch,
			now: Date.now,
			random,
		}),
	);
	/** Sends so many, and calls back before each. @returns what did not come out as delivered */
	async function send(pushes: number, before: (number: number) => void = () => {}): Promise<Outcome[]> {
		const failed: Outcome[] = [];
		let next = 0;
		const worker = async () => {
			while (next < pushes) {
				const number = next++;
				before(number);
				const push = pushTo(TOKEN, { class: "high", count: number, body: `message ${number}` });
				const outcome = await apps[number % 2]?.send(push, AbortSignal.timeout(60_000));
				if (outcome?.kind !== "delivered" && outcome) failed.push(outcome);
			}
		};
		await Promise.all(Array.from({ length: AT_ONCE }, worker));
		return failed;
	}
	return { server, ids, send };
}

/** How many pushes came more than once. */
const doubled = (server: ApnsServer) => [...server.accepted.values()].filter((times) => times !== 1).length;

test("10,000 pushes through GOAWAYs mid-flight and idle timeouts: none lost, none doubled", async () => {
	const { server, ids, send } = await scene({ latencyMs: 2, idleMs: 30 });
	for (let round = 0; round < 4; round += 1) {
		const failed = await send(2500, (number) => {
			if (number % 700 === 650) server.goAway();
		});
		expect(failed).toEqual([]);
		await server.idle();
	}
	expect(ids.length).toBe(10_000);
	expect(new Set(server.accepted.keys())).toEqual(new Set(ids));
	expect(doubled(server)).toBe(0);
	// It was no fair weather: pushes were on their way that a GOAWAY disowned.
	expect(server.unprocessedStreams).toBeGreaterThan(50);
	// All of it with one token for both apps, and no stream more than was allowed.
	expect(server.providerTokens).toBe(1);
	expect(server.excessStreams).toBe(0);
	await server.stop();
}, 60_000);

test("with connections cut mid-flight, each push is delivered once or to be retried", async () => {
	const { server, ids, send } = await scene({ latencyMs: 2 });
	const failed = await send(3000, (number) => {
		if (number % 1000 === 900) server.cut();
	});
	expect(failed.length).toBeGreaterThan(0);
	for (const outcome of failed)
		expect(outcome).toMatchObject({ kind: "retry", reason: expect.stringMatching(/^network failure/) });
	expect(doubled(server)).toBe(0);
	// What was said to be delivered was; of the rest nobody can know.
	expect(server.accepted.size).toBeGreaterThanOrEqual(ids.length - failed.length);
	expect(server.accepted.size).toBeLessThanOrEqual(ids.length);
	await server.stop();
}, 60_000);
