/** Which of a host's addresses is sent to, where not all of them take connections. */
import { afterEach, describe, expect, test } from "bun:test";
import { type Connect, createFirstToConnect } from "../../../src/bun/fetch/happy-eyeballs.ts";
import { createPinnedFetch } from "../../../src/bun/fetch/pinned.ts";
import { answerBounds } from "../../../src/limits/bounds/answers.ts";
import { endpointPolicy } from "../../../src/services/endpoint.ts";

const V6 = "2a01:4f8::1";
const V4 = "203.0.114.7";
const OTHER = "203.0.114.8";
const url = new URL("https://push.net:8443/e");
/** Longer than any test. */
const NEVER_MS = 3_600_000;

const refused = () => Promise.reject(new Error("ECONNREFUSED"));
/** As a host whose packets go nowhere: nothing comes until it is given up. */
const hanging = (signal: AbortSignal) =>
	new Promise<void>((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));

/** A `connect` that keeps what it is asked. */
function connecting(to: (address: string, signal: AbortSignal) => Promise<void>) {
	const asked: string[] = [];
	const connect: Connect = (address, port, signal) => {
		asked.push(`${address} ${port}`);
		return to(address, signal);
	};
	return { asked, connect };
}

describe("of several addresses", () => {
	test("the first is sent to where it takes a connection in time, and no other is connected to", async () => {
		const { asked, connect } = connecting(async () => {});
		const first = createFirstToConnect({ connect, pauseMs: NEVER_MS });
		expect(await first.order(url, [V6, V4])).toEqual([V6, V4]);
		expect(asked).toEqual([`${V6} 8443`]);
	});

	test("the next is tried beside a first that hangs, and sent to", async () => {
		const signals: AbortSignal[] = [];
		const { asked, connect } = connecting(async (address, signal) => {
			signals.push(signal);
			if (address === V6) await hanging(signal);
		});
		const first = createFirstToConnect({ connect, pauseMs: 1 });
		expect(await first.order(url, [V6, V4])).toEqual([V4, V6]);
		expect(asked).toEqual([`${V6} 8443`, `${V4} 8443`]);
		// The one that hangs is let go of.
		expect(signals.every(({ aborted }) => aborted)).toBe(true);
	});

	test("the next is tried at once where the first refuses", async () => {
		const { connect } = connecting((address) => (address === V6 ? refused() : Promise.resolve()));
		const first = createFirstToConnect({ connect, pauseMs: NEVER_MS });
		expect(await first.order(url, [V6, V4])).toEqual([V4, V6]);
	});

	test("a first that is slow is sent to all the same, if no other is faster", async () => {
		const slow = Promise.withResolvers<void>();
		const { connect } = connecting((address, signal) => {
			if (address === V6) return slow.promise;
			slow.resolve();
			return hanging(signal);
		});
		expect(await createFirstToConnect({ connect, pauseMs: 1 }).order(url, [V6, V4])).toEqual([V6, V4]);
	});

	test("none is preferred where none takes a connection: the request says why", async () => {
		for (const to of [refused, (_: string, signal: AbortSignal) => hanging(signal)]) {
			const { connect } = connecting(to);
			const first = createFirstToConnect({ connect, pauseMs: 1, patienceMs: 20 });
			expect(await first.order(url, [V6, V4])).toEqual([V6, V4]);
		}
	});

	test("those of the other family come in turn, and only so many are connected to", async () => {
		const many = Array.from({ length: 20 }, (_, at) => `2a01:4f8::${at + 1}`);
		const { asked, connect } = connecting(refused);
		const order = await createFirstToConnect({ connect }).order(url, [...many, V4]);
		expect(order.slice(0, 3)).toEqual(["2a01:4f8::1", V4, "2a01:4f8::2"]);
		expect([order.length, asked.length]).toEqual([answerBounds.addresses.is, answerBounds.addresses.is]);
	});
});

describe("which one takes connections", () => {
	test("is asked once for many pushes, and remembered for five minutes", async () => {
		let at = 0;
		const { asked, connect } = connecting((address) => (address === V6 ? refused() : Promise.resolve()));
		const first = createFirstToConnect({ connect, now: () => at });
		const orders = await Promise.all(Array.from({ length: 10 }, () => first.order(url, [V6, V4])));
		expect(orders).toEqual(Array(10).fill([V4, V6]));
		expect(asked.length).toBe(2);
		at += 299_999;
		expect(await first.order(url, [V6, V4])).toEqual([V4, V6]);
		expect(asked.length).toBe(2);
		at += 1;
		await first.order(url, [V6, V4]);
		expect(asked.length).toBe(4);
		await first.order(new URL("https://push.net/e"), [V6, V4]);
		expect(asked.length).toBe(6);
	});

	test("is found out anew once it did not answer", async () => {
		let isAway = false;
		const { connect } = connecting((address) =>
			(address === V6) === isAway ? Promise.resolve() : refused(),
		);
		const first = createFirstToConnect({ connect });
		expect(await first.order(url, [V6, V4])).toEqual([V4, V6]);
		isAway = true;
		expect(await first.order(url, [V6, V4])).toEqual([V4, V6]);
		first.forget(url);
		expect(await first.order(url, [V6, V4])).toEqual([V6, V4]);
	});

	test("is never one that this look-up did not find: a name that changes its answer gains nothing", async () => {
		const { asked, connect } = connecting(async () => {});
		const first = createFirstToConnect({ connect });
		expect(await first.order(url, [V4, V6])).toEqual([V4, V6]);
		expect(await first.order(url, [OTHER, V6])).toEqual([OTHER, V6]);
		const found = Promise.withResolvers<void>();
		const slow = createFirstToConnect({ connect: () => found.promise });
		const orders = [slow.order(url, [V4, V6]), slow.order(url, [OTHER, V6])];
		found.resolve();
		expect(await Promise.all(orders)).toEqual([
			[V4, V6],
			[OTHER, V6],
		]);
		expect(asked).toEqual([`${V4} 8443`, `${OTHER} 8443`]);
	});
});

describe("over real sockets", () => {
	const children: Bun.Subprocess[] = [];
	afterEach(() => {
		for (const child of children.splice(0)) child.kill();
	});

	/** An address whose port takes no connection, and refuses none: its queue of one is full. */
	async function hangingAt(address: string, port: number): Promise<void> {
		const script = `
import socket, sys, time
server = socket.socket(); server.bind(("${address}", ${port})); server.listen(0)
held = []
for _ in range(8):
    s = socket.socket(); s.setblocking(False); s.connect_ex(("${address}", ${port})); held.append(s)
time.sleep(0.2); print("full", flush=True); sys.stdin.read()`;
		const child = Bun.spawn(["python3", "-c", script], { stdin: "pipe", stdout: "pipe", stderr: "inherit" });
		children.push(child);
		const { value } = await child.stdout.getReader().read();
		expect(new TextDecoder().decode(value)).toStartWith("full");
	}

	test("a push reaches a host whose first address hangs", async () => {
		let pushes = 0;
		await using server = Bun.serve({
			hostname: "127.0.0.1",
			port: 0,
			fetch() {
				pushes += 1;
				return new Response(null, { status: 201 });
			},
		});
		await hangingAt("127.0.0.2", server.port ?? 0);
		const policy = endpointPolicy({ allowHosts: ["*"], allowPrivate: true });
		const resolve = async () => ["127.0.0.2", "127.0.0.1"];
		const pinned = createPinnedFetch({ policy, resolve, first: createFirstToConnect() });
		for (const body of ["one", "two"]) {
			const init = { method: "POST", body, signal: AbortSignal.timeout(15_000) };
			expect((await pinned(`http://push.net:${server.port}/e`, init)).status).toBe(201);
		}
		expect(pushes).toBe(2);
	}, 60_000);

	test("no address is connected to of a host of which one is not public", async () => {
		const { asked, connect } = connecting(async () => {});
		const policy = endpointPolicy({ allowHosts: ["*"], allowPrivate: false });
		const pinned = createPinnedFetch({
			policy,
			resolve: async () => [V4, "10.0.0.1"],
			first: createFirstToConnect({ connect }),
			fetch: async () => new Response(),
		});
		await expect(pinned("https://push.net/e", {})).rejects.toThrow("not public");
		expect(asked).toEqual([]);
	});

	test("one that stops taking connections is found out anew with the next push", async () => {
		let isAway = false;
		const { connect } = connecting((address) =>
			(address === V6) === isAway ? Promise.resolve() : refused(),
		);
		const asked: string[] = [];
		const pinned = createPinnedFetch({
			policy: endpointPolicy({ allowHosts: ["*"], allowPrivate: false }),
			resolve: async () => [V6, V4],
			first: createFirstToConnect({ connect }),
			async fetch(to, { signal }) {
				asked.push(new URL(to).hostname);
				if (isAway && to.includes(V4)) await hanging(signal as AbortSignal);
				return new Response(null, { status: 201 });
			},
		});
		await pinned("https://push.net/e", {});
		isAway = true;
		const lost = pinned("https://push.net/e", { signal: AbortSignal.timeout(1) });
		await expect(lost).rejects.toThrow();
		await pinned("https://push.net/e", {});
		expect(asked).toEqual([V4, V4, `[${V6}]`]);
	});
});
