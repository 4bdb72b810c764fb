/**
 * `fetch` over HTTP/2 on connections that die without a word: how long they are believed in, and what follows them.
 */
import { afterEach, expect, test } from "bun:test";
import { createHttp2Fetch } from "../../../src/bun/fetch/http2.ts";
import { type ApnsServer, startApnsServer } from "../../peers/apns-server.ts";
import { type BlackHole, startBlackHole } from "../../peers/black-hole.ts";

/** A push's. */
const DEADLINE_MS = 15_000;

let server: ApnsServer;
let router: BlackHole;
afterEach(async () => {
	router.stop();
	await server.stop();
});

/** A double behind a router, and what posts pushes through that, at a time the test sets. */
async function scene() {
	server = await startApnsServer({ latencyMs: 5 });
	router = await startBlackHole(Number(new URL(server.url).port));
	const clock = { now: 0 };
	const fetch = createHttp2Fetch({ ca: server.ca, ...server.client, now: () => clock.now });
	const post = async (id: string = crypto.randomUUID(), signal = AbortSignal.timeout(5000)) => {
		const { status } = await fetch(`https://localhost:${router.port}/3/device/0123456789abcdef`, {
			method: "POST",
			headers: {
				"apns-topic": "net.example.app",
				"apns-push-type": "background",
				"apns-priority": "5",
				"apns-id": id,
			},
			body: '{"aps":{"content-available":1}}',
			signal,
		});
		return status;
	};
	/** Posts, and gives up after this long. */
	const giveUp = async (ms: number, received: () => Promise<unknown>, ids = [crypto.randomUUID()]) => {
		const deadline = new AbortController();
		const answers = Promise.allSettled(ids.map((id) => post(id, deadline.signal)));
		await received();
		clock.now += ms;
		deadline.abort();
		return (await answers).map(({ status }) => status);
	};
	return { clock, post, giveUp };
}

const newIds = (count: number) => Array.from({ length: count }, () => crypto.randomUUID());
const times = <T>(count: number, value: T): T[] => Array(count).fill(value);

test("a connection that nothing comes through is left at the first deadline, and nothing is lost or doubled", async () => {
	const { post, giveUp } = await scene();
	const [before, lost, after] = [newIds(20), newIds(20), newIds(20)];
	expect(await Promise.all(before.map((id) => post(id)))).toEqual(times(20, 200));
	const hasLost = router.forget();
	expect(await giveUp(DEADLINE_MS, () => hasLost, lost)).toEqual(times(20, "rejected"));
	// Those given up, again, with others: one goes alone, or Apple would refuse the rest.
	const ids = [...lost, ...after];
	expect(await Promise.all(ids.map((id) => post(id)))).toEqual(times(40, 200));
	expect(router.connections).toBe(2);
	expect(server.excessStreams).toBe(0);
	// Streams of a connection arrive in any order.
	expect([...server.accepted].sort()).toEqual(
		[...before, ...ids].map((id): [string, number] => [id, 1]).sort(),
	);
});

test("so is the one after it, and a first connection that was never answered on", async () => {
	const { post, giveUp } = await scene();
	server.respondWith({ status: "hang", times: 1 });
	await giveUp(DEADLINE_MS, () => server.waitForPush());
	for (let connections = 2; connections <= 4; connections += 1) {
		expect(await Promise.all([post(), post(), post()])).toEqual([200, 200, 200]);
		expect(router.connections).toBe(connections);
		const hasLost = router.forget();
		await giveUp(DEADLINE_MS, () => hasLost);
	}
	expect(server.excessStreams).toBe(0);
});

test("a connection is left once, however many requests on it are given up later", async () => {
	const { post, giveUp } = await scene();
	await post();
	const hasLost = router.forget();
	await giveUp(DEADLINE_MS, async () => {
		await giveUp(DEADLINE_MS, () => hasLost);
		expect(await post()).toBe(200);
	});
	expect(await post()).toBe(200);
	expect(router.connections).toBe(2);
});

test("a connection that was left is closed with the last request on it", async () => {
	const { post, giveUp } = await scene();
	await post();
	const answer = Promise.withResolvers<void>();
	server.respondWith({ status: 200, after: answer.promise, times: 1 });
	const slow = post();
	await server.waitForPushes(2);
	server.respondWith({ status: "hang", times: 1 });
	await giveUp(DEADLINE_MS, () => server.waitForPush());
	expect(await post()).toBe(200);
	expect(router.connections).toBe(2);
	answer.resolve();
	expect(await slow).toBe(200);
	await router.closed(1);
	expect(await post()).toBe(200);
	expect(router.connections).toBe(2);
});

test("an answer on a connection that was left does not let many in on the new one", async () => {
	const { post, giveUp } = await scene();
	const [old, first] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
	await post();
	server.respondWith({ status: 200, after: old.promise, times: 1 });
	const late = post();
	await server.waitForPushes(2);
	server.respondWith({ status: "hang", times: 1 });
	await giveUp(DEADLINE_MS, () => server.waitForPush());
	server.respondWith({ status: 200, after: first.promise, times: 1 });
	const lead = post();
	await server.waitForPush();
	const others = [post(), post(), post()];
	old.resolve();
	expect(await late).toBe(200);
	await Bun.fetch(server.url, { protocol: "http2", tls: { ca: server.ca } }); // A round trip: they would be here.
	expect(server.excessStreams).toBe(0);
	first.resolve();
	expect(await Promise.all([lead, ...others])).toEqual([200, 200, 200, 200]);
	expect(router.connections).toBe(2);
});

test("a connection is kept when only one request on it gets no answer", async () => {
	const { clock, post, giveUp } = await scene();
	await post();
	await server.waitForPush();
	server.respondWith({ status: "hang", times: 1 });
	await giveUp(DEADLINE_MS, async () => {
		await server.waitForPush();
		clock.now += 1000;
		expect(await post()).toBe(200);
		await server.waitForPush();
	});
	expect(await post()).toBe(200);
	expect(router.connections).toBe(1);
});

test("requests sent just before their deadlines leave it only when they all say so, for five seconds", async () => {
	const { post, giveUp } = await scene();
	await post();
	await server.waitForPush();
	server.respondWith({ status: "hang" });
	for (let second = 1; second <= 5; second += 1) {
		await giveUp(1000, () => server.waitForPush());
		expect(router.connections).toBe(1);
	}
	server.respondNormally();
	expect(await post()).toBe(200);
	expect(router.connections).toBe(2);
});
