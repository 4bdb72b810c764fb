/**
 * What Reveille does better as a push server than Prosody's mod_unified_push, each row on one Prosody: the same phone, and
 * the same pushes.
 */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import type { Distributor, Endpoint } from "../peers/distributor.ts";
import { endpointAt, MOD_UNIFIED_PUSH, MOD_UNIFIED_PUSH_LINES } from "../peers/mod-unified-push.ts";
import { startProsody } from "../peers/prosody.ts";
import type { Reveille } from "../peers/reveille.ts";
import type { XmppServer } from "../peers/xmpp-server.ts";
import { DOMAIN, ends, reveille } from "./component.ts";
import { asPushServer, behindProxy, phoneOf, post } from "./unified-push.ts";

const APP = "org.example.chat";
const DAY_MS = 86_400_000;

let server: XmppServer;
let one: Reveille;
beforeAll(async () => {
	server = await startProsody({
		components: [{ domain: DOMAIN, secret: "the component's secret" }],
		extraHosts: MOD_UNIFIED_PUSH_LINES,
	});
	await server.addUsers(["alice", "bob"], "secret");
	one = await reveille(asPushServer(server));
	stops.push(ends.pop());
}, 60_000);
const stops: ((() => unknown) | undefined)[] = [];
afterAll(async () => {
	for (const stop of stops) await stop?.();
	await server?.stop();
}, 60_000);
afterEach(async () => {
	for (const end of ends.splice(0).reverse()) await end();
}, 60_000);

const statusOf = async (url: string, body = "a push") => (await post(url, body)).status;

/** What each of them does in turn. */
async function both<T>(
	name: string,
	story: (phone: Distributor, at: (endpoint: Endpoint) => string) => Promise<T>,
): Promise<{ theirs: T; ours: T }> {
	const run = async (pushServer: string, at: (endpoint: Endpoint) => string) => {
		const phone = phoneOf(server, name, pushServer);
		await phone.connect();
		const result = await story(phone, at);
		await phone.goOffline();
		return result;
	};
	const theirs = await run(MOD_UNIFIED_PUSH, (endpoint) => endpointAt(endpoint, server));
	return { theirs, ours: await run(DOMAIN, (endpoint) => behindProxy(endpoint, one)) };
}

describe("beside mod_unified_push on one Prosody", () => {
	test("both take a push, and say to everybody that they are UnifiedPush endpoints", async () => {
		const { theirs, ours } = await both("alice", async (phone, at) => {
			const url = at(await phone.register(APP));
			const status = await statusOf(url, "hello");
			return [status, String(await phone.next(APP)), await (await fetch(url)).text()];
		});
		expect(ours).toEqual([201, "hello", '{"unifiedpush":{"version":1}}']);
		expect(theirs).toEqual(ours);
	});

	test("an endpoint lives 60 days and not one, stays the same at renewal, and names nobody", async () => {
		const { theirs, ours } = await both("alice", async (phone) => {
			const first = await phone.register(APP);
			const again = await phone.register(APP);
			return {
				days: Math.round((first.expiresAt - Date.now()) / DAY_MS),
				isSame: first.url === again.url,
				namesAlice: decodeURIComponent(first.url).includes("alice"),
			};
		});
		expect(theirs).toEqual({ days: 1, isSame: false, namesAlice: false });
		expect(ours).toEqual({ days: 60, isSame: true, namesAlice: false });
	});

	test("both know an endpoint after their restart", async () => {
		const known = await both("alice", async (phone, at) => {
			const url = at(await phone.register(APP));
			await phone.goOffline();
			await server.restart();
			await one.untilReady();
			await phone.connect();
			const status = await statusOf(url);
			await phone.next(APP);
			return status;
		});
		expect(known).toEqual({ theirs: 201, ours: 201 });
	}, 60_000);

	test("a phone that is away gets its pushes later, where there they are lost", async () => {
		const { theirs, ours } = await both("bob", async (phone, at) => {
			const url = at(await phone.register(APP));
			await phone.goOffline();
			const answers = [
				await statusOf(url, "first"),
				(await post(url, "old", { Topic: "t" })).status,
				(await post(url, "new", { Topic: "t" })).status,
			];
			await phone.connect();
			const got: string[] = [];
			while (got.length < 2) got.push(String(await phone.next(APP, 2_000).catch(() => "nothing")));
			// Pushes without a topic in common have no order (RFC 8030).
			return { answers, got: got.toSorted(), rest: phone.rest() };
		});
		console.log(`mod_unified_push answered pushes to a phone that is away with ${theirs.answers.join(", ")}`);
		expect(theirs).toMatchObject({ got: ["nothing", "nothing"], rest: 0 });
		expect(ours).toEqual({ answers: [201, 201, 201], got: ["first", "new"], rest: 0 });
	}, 60_000);

	test("an app that is gone is gone for its sender too", async () => {
		const { theirs, ours } = await both("alice", async (phone, at) => {
			const url = at(await phone.register(APP));
			phone.uninstall(APP);
			const answers: number[] = [];
			for (let count = 0; count < 20 && !answers.includes(410); count++) answers.push(await statusOf(url));
			return answers;
		});
		console.log(
			`mod_unified_push answered pushes to an app that is gone with ${[...new Set(theirs)].join(", ")}`,
		);
		expect(theirs).not.toContain(410);
		expect(ours).toContain(410);
	});

	test("a flood is limited, and neither takes more than 4,096 bytes or what was never an endpoint", async () => {
		const { theirs, ours } = await both("alice", async (phone, at) => {
			const url = at(await phone.register(APP));
			const wrong = [await statusOf(url, "x".repeat(4097)), await statusOf(`${url}x`)];
			const flood = await Promise.all(Array.from({ length: 40 }, () => statusOf(url)));
			return { wrong, isLimited: flood.includes(429) };
		});
		expect(theirs).toEqual({ wrong: [413, 404], isLimited: false });
		expect(ours).toEqual({ wrong: [413, 404], isLimited: true });
	});
});
