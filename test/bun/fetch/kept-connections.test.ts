/**
 * Connections that Bun keeps for HTTP/1.1, when they die without a word: one deadline each, since a request that is
 * given up takes its connection with it. (HTTP/2 is another matter: http2-silence.test.ts.)
 */
import { afterEach, expect, test } from "bun:test";
import { createPinnedFetch } from "../../../src/bun/fetch/pinned.ts";
import { endpointPolicy } from "../../../src/services/endpoint.ts";
import type { Fetch } from "../../../src/services/exchange.ts";
import { type BlackHole, startBlackHole } from "../../peers/black-hole.ts";

let server: Bun.Server<undefined>;
let router: BlackHole;
afterEach(async () => {
	router.stop();
	await server.stop(true);
});

const policy = endpointPolicy({ allowHosts: ["*"], allowPrivate: true });
const pinned = createPinnedFetch({ policy, resolve: async () => ["127.0.0.1"] });

test.each<[string, Fetch]>([
	["plain", fetch],
	["pinned", pinned],
])("a request that a %s fetch gives up is the last on its connection", async (_, fetch) => {
	let pushes = 0;
	server = Bun.serve({
		hostname: "127.0.0.1",
		port: 0,
		async fetch(request) {
			await request.text();
			pushes += 1;
			return new Response("taken");
		},
	});
	router = await startBlackHole(server.port ?? 0);
	const deadline = new AbortController();
	const post = async (signal: AbortSignal | null = null) => {
		const init = { method: "POST", body: "push", signal };
		return (await fetch(`http://localhost:${router.port}/`, init)).text();
	};

	expect([await post(), await post()]).toEqual(["taken", "taken"]);
	expect(router.connections).toBe(1);
	const hasLost = router.forget();
	const lost = post(deadline.signal);
	await hasLost;
	deadline.abort(new Error("no answer in time"));
	await expect(lost).rejects.toThrow("no answer in time");
	await router.closed(1);
	expect(await post()).toBe("taken");
	expect(router.connections).toBe(2);
	expect(pushes).toBe(3);
});
