/** The console at a real edge runtime, over a real libSQL server: what several isolates share is the database alone. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import type {
	BarCount,
	FoundEvents,
	Overview,
	RegistrationView,
	Session,
} from "../../src/web/console/wire.ts";
import { bundleWorker, type WorkerBundle } from "../peers/edge.ts";
import { startReveille } from "../peers/reveille.ts";
import { startWebPushServer } from "../peers/web-push-server.ts";
import { startWorkerd } from "../peers/workerd.ts";
import { type EdgeScene, openEdgeScene, SECRET_KEY, vapidPair } from "./edge-scene.ts";

const ADMIN_TOKEN = "the-operators-own-token-of-32-characters";

const endpoint = startWebPushServer();
let bundle: WorkerBundle;
let scene: EdgeScene;
beforeAll(async () => {
	bundle = await bundleWorker();
	scene = await openEdgeScene({ start: startWorkerd, bundle, bindings: { ADMIN_TOKEN } });
	// Nobody connects to XMPP here: a process of its own makes the tables, and ends.
	const tables = await startReveille({
		settings: {
			DATABASE_URL: scene.sqld.httpUrl,
			SECRET_KEY,
			VAPID_PRIVATE_KEY: (await vapidPair()).privateKey,
		},
	});
	await tables.stop();
	// Its keys are none that the edge has.
	await scene.database.execute("DELETE FROM facts");
}, 60_000);
afterAll(async () => {
	await scene?.stop();
	await endpoint.stop();
	bundle?.remove();
}, 60_000);

/** Until an answer is as it should be: what a request leaves to be written is written behind its answer. */
async function eventually<T>(look: () => Promise<T>, isIt: (value: T) => boolean): Promise<T> {
	for (;;) {
		const value = await look();
		if (isIt(value)) return value;
		await Bun.sleep(100);
	}
}

test("an operator signs in, looks, bars and ends; a restart of the edge ends no session", async () => {
	const Origin = new URL(scene.edge.url).origin;
	const wrong = await scene.ask("POST", "/admin/api/session", { json: { token: "x" }, headers: { Origin } });
	expect(wrong.status).toBe(401);
	const answer = await scene.ask("POST", "/admin/api/session", {
		json: { token: ADMIN_TOKEN },
		headers: { Origin },
	});
	expect(answer.status).toBe(200);
	const session = (await answer.json()) as Session;
	expect(session.live).toBe("poll");
	const Cookie = answer.headers.get("Set-Cookie")?.split(";")[0] ?? "";
	const get = async <T>(path: string) => {
		const found = await scene.ask("GET", `/admin/api/${path}`, { headers: { Cookie } });
		if (found.status !== 200) throw new Error(`${path}: ${found.status} ${await found.text()}`);
		return (await found.json()) as T;
	};
	const post = (path: string, json: unknown = {}) =>
		scene.ask("POST", `/admin/api/${path}`, {
			json,
			headers: { Cookie, Origin: new URL(scene.edge.url).origin, "X-Form-Token": session.formToken },
		});

	const device = endpoint.createSubscription({
		applicationServerKey: String(scene.bindings.VAPID_PUBLIC_KEY),
	});
	const { node } = await scene.register(device.subscription);
	expect((await get<Overview>("overview")).troubles[0]?.title).toBe("Start a connector");
	expect((await get<{ rows: unknown[] }>(`registrations?begins=${node.slice(0, 8)}`)).rows).toHaveLength(1);
	expect((await get<RegistrationView>(`registrations/${node}`)).isEnded).toBe(false);
	expect(await (await post("bars/count", { who: "example.net" })).json()).toMatchObject({
		registrations: 0,
	} satisfies Partial<BarCount>);
	expect((await post("bars", { who: "example.net", reason: "no reason" })).status).toBe(201);

	await scene.edge.restart();
	expect((await post(`registrations/${node}/end`)).status).toBe(204);
	const ended = await eventually(
		() => get<FoundEvents>("events?kind=ended"),
		({ events }) => events.length > 0,
	);
	expect(ended.events[0]).toMatchObject({ node, decider: "operator" });
	expect((await get<RegistrationView>(`registrations/${node}`)).isEnded).toBe(true);
	expect((await scene.ask("GET", "/admin/api/events/live", { headers: { Cookie } })).status).toBe(404);
}, 60_000);
