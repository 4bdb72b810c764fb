/**
 * HTTP and connector apart, each with a replica of a real libSQL server beside it: what registers at the one is pushed
 * to by the other at once, and a server that hangs or crashed costs nobody a push or a registration.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type Client, createClient } from "@libsql/client";
import { xml } from "@xmpp/client";
import { createKeyring } from "../../src/secrets.ts";
import { generateVapidKey, importVapidKey } from "../../src/services/webpush/vapid-signature.ts";
import { startProsody } from "../peers/prosody.ts";
import { type Registered, type Reveille, startReveille } from "../peers/reveille.ts";
import { type Sqld, startSqld } from "../peers/sqld.ts";
import { connectUser, type PushAddress, type User } from "../peers/user.ts";
import type { WebPushDevice } from "../peers/web-push-device.ts";
import { startWebPushServer, type WebPushServer } from "../peers/web-push-server.ts";
import type { XmppServer } from "../peers/xmpp-server.ts";
import { registerByCommand } from "./ad-hoc.ts";
import { names } from "./scene.ts";

const SECRET_KEY = "the-key-that-both-roles-derive-secrets-from";
const TOKEN = "the-registration-token-that-users-are-given";
const ADMIN_TOKEN = "the-token-of-whoever-watches-the-service";

/** Messages a second, and for how long, while the primary is away. */
const RATE = 20;
const AWAY_MS = 7_000;
/** Those whose push service answers, and those whose does not meanwhile. */
const WELL = 15;
const SICK = 5;

interface Sleeper {
	name: string;
	jid: string;
	device: WebPushDevice;
	address: Registered;
}

let server: XmppServer;
let primary: Sqld;
let database: Client;
let http: Reveille;
let connector: Reveille;
let wellService: WebPushServer;
let sickService: WebPushServer;
let vapidPublicKey: string;
let alice: User;
let well: Sleeper[];
let sick: Sleeper[];
let connectorSettings: Record<string, string>;

const login = (username: string) =>
	connectUser({ service: server.websocketUrl, domain: server.host, username, password: "secret" });

const subscribe = (service: WebPushServer) =>
	service.createSubscription({ applicationServerKey: vapidPublicKey });

async function fallAsleep(name: string, service: WebPushServer): Promise<Sleeper> {
	const user = await login(name);
	await user.online();
	const device = subscribe(service);
	const address = await http.register(device.subscription, TOKEN);
	await user.enablePush(address);
	await user.goOffline();
	return { name, jid: user.bareJid, device, address };
}

/** What a server does for a user, by hand: `result`, or the error's type and condition. */
async function publish({ jid, node, secret }: PushAddress): Promise<string> {
	const field = (name: string, value: string) => xml("field", { var: name }, xml("value", {}, value));
	const form = (...fields: [string, string][]) =>
		xml(
			"x",
			{ xmlns: "jabber:x:data", type: "submit" },
			...fields.map(([name, value]) => field(name, value)),
		);
	const summary = form(["FORM_TYPE", "urn:xmpp:push:summary"], ["last-message-body", "Wake up!"]);
	const notification = xml("notification", { xmlns: "urn:xmpp:push:0" }, summary);
	const pubsub = xml(
		"pubsub",
		{ xmlns: "http://jabber.org/protocol/pubsub" },
		xml("publish", { node }, xml("item", {}, notification)),
		xml("publish-options", {}, form(["secret", secret ?? ""])),
	);
	return said(() => alice.iq("set", pubsub, jid, 30_000));
}

async function said(ask: () => Promise<unknown>): Promise<string> {
	try {
		await ask();
		return "result";
	} catch (error) {
		const { type, condition } = error as { type?: string; condition?: string };
		if (!type) throw error;
		return `${type} ${condition}`;
	}
}

/** The connector's own counts, by name and labels. */
async function metrics(): Promise<(name: string) => number> {
	const answer = await fetch(`${connector.url}/metrics`, {
		headers: { Authorization: `Bearer ${ADMIN_TOKEN}` },
	});
	const lines = (await answer.text()).split("\n").map((line) => line.split(" "));
	const values = new Map(lines.map(([name = "", value]) => [name, Number(value)]));
	return (name) => values.get(name) ?? 0;
}

const answered = (kind: string) => `reveille_answers_total{answer="${kind}"}`;

/** They are written every ten seconds. One that was given up, and then done after all, counts twice. */
async function untilCounted(atLeast: number) {
	const deadline = Date.now() + 20_000;
	for (;;) {
		const sql = "SELECT sum(count) AS sum FROM statistics WHERE outcome = 'delivered'";
		const counted = await database.execute(sql);
		if (Number(counted.rows[0]?.sum) >= atLeast) return counted;
		if (Date.now() > deadline) throw new Error(`only ${counted.rows[0]?.sum} of ${atLeast} were counted`);
		await Bun.sleep(100);
	}
}

beforeAll(async () => {
	server = await startProsody({ limits: "none" });
	const users = [...names(WELL, "well"), ...names(SICK, "sick"), "paused", "crashed", "bob"];
	await server.addUsers(["push", "alice", ...users], "secret");
	primary = await startSqld();
	database = createClient({ url: primary.httpUrl });
	wellService = startWebPushServer();
	sickService = startWebPushServer();
	const vapid = await generateVapidKey();
	vapidPublicKey = (await importVapidKey(vapid)).publicKey;
	const shared = { DATABASE_SYNC_URL: primary.httpUrl, SECRET_KEY };
	connectorSettings = {
		...shared,
		ROLE: "connector",
		VAPID_PRIVATE_KEY: vapid,
		ADMIN_TOKEN,
		PUSH_INTERVAL_MS: "0",
	};
	// Both find the database empty.
	[connector, http] = await Promise.all([
		startReveille({ server, settings: connectorSettings }, "health"),
		startReveille({
			settings: {
				...shared,
				ROLE: "http",
				VAPID_PUBLIC_KEY: vapidPublicKey,
				REGISTRATION_TOKEN: TOKEN,
				XMPP_ADDRESS: `push@${server.host}/push`,
			},
		}),
	]);
	await connector.untilReady();
	alice = await login("alice");
	const asleep = async (word: string, count: number, service: WebPushServer) => {
		const all: Sleeper[] = [];
		for (const name of names(count, word)) all.push(await fallAsleep(name, service));
		return all;
	};
	well = await asleep("well", WELL, wellService);
	sick = await asleep("sick", SICK, sickService);
}, 120_000);

afterAll(async () => {
	await Promise.all([http?.stop(), connector?.stop()]);
	await Promise.all([server?.stop(), primary?.stop(), wellService?.stop(), sickService?.stop()]);
}, 60_000);

test("two that start at once at an empty primary bring it up to date once, through the primary", async () => {
	const { rows } = await database.execute(
		"SELECT count(*) AS all_of, count(DISTINCT hash) AS different FROM migrations",
	);
	expect(rows[0]?.all_of).toBeGreaterThan(0);
	expect(rows[0]?.all_of).toBe(rows[0]?.different as number);
});

test("what registers at the one is pushed to by the other, by a message on the user's server", async () => {
	const bob = await fallAsleep("bob", wellService);
	await alice.sendMessage(bob.jid, "Wake up!");
	const push = await wellService.waitForPush(({ endpoint }) => endpoint === bob.device.subscription.endpoint);
	expect(JSON.parse(bob.device.decryptText(push.body)).class).toBe("high");
});

test("a publish that comes with the 201 is delivered: a miss is asked for at the primary", async () => {
	const times: number[] = [];
	for (let i = 0; i < 20; i++) {
		const device = subscribe(wellService);
		const address = await http.register(device.subscription, TOKEN);
		const registeredAt = performance.now();
		expect(await publish(address)).toBe("result");
		await wellService.waitForPush(({ endpoint }) => endpoint === device.subscription.endpoint);
		times.push(performance.now() - registeredAt);
	}
	times.sort((a, b) => a - b);
	const [median = 0, longest = 0] = [times[10], times[19]];
	console.log(`201 to pushed: median ${median.toFixed(1)} ms, longest ${longest.toFixed(1)} ms of 20`);
	expect(longest).toBeLessThan(5_000);
}, 30_000);

test("a device that moved a moment ago gets its push at its new token, and stays registered", async () => {
	const old = subscribe(wellService);
	const address = await http.register(old.subscription, TOKEN);
	expect(await publish(address)).toBe("result");
	await wellService.waitForPush(({ endpoint }) => endpoint === old.subscription.endpoint);
	const device = subscribe(wellService);
	const { node, deviceSecret } = address;
	wellService.unsubscribe(old.subscription.endpoint);
	const renewal = await http.api("PUT", `/registrations/${node}`, deviceSecret, {
		subscription: device.subscription,
	});
	expect(renewal.status).toBe(200);
	expect(await publish(address)).toBe("result");
	await wellService.waitForPush(({ endpoint }) => endpoint === device.subscription.endpoint, 20_000);
	expect((await http.api("GET", `/registrations/${node}`, deviceSecret)).status).toBe(200);
}, 30_000);

describe.each([
	["hangs", "paused", () => primary.pause(), async () => primary.resume()],
	["crashed", "crashed", () => primary.kill9(), () => primary.start()],
] as const)("while the primary %s", (how, dyingName, leave, comeBack) => {
	test("pushes go out, nothing is said to be gone, and nothing is lost", async () => {
		const dying = await fallAsleep(dyingName, wellService);
		const fated = await http.register(subscribe(wellService).subscription, TOKEN);
		const enabled = async () =>
			(await Promise.all([...well, ...sick, dying].map(({ name }) => server.pushEnabled(name)))).flat()
				.length;
		expect(await enabled()).toBe(WELL + SICK + 1);
		const before = await metrics();
		wellService.clear();
		sickService.clear();
		sickService.respondWith({ status: 503 });
		await leave();
		const leftAt = Date.now();

		/** When each of the healthy was written to last. */
		const sentAt = new Map<string, number>();
		const waits: number[] = [];
		let sent = 0;
		const load = (async () => {
			while (Date.now() - leftAt < AWAY_MS) {
				const sleepers = [...well, ...sick];
				const sleeper = sleepers[sent % sleepers.length] as Sleeper;
				const { endpoint } = sleeper.device.subscription;
				await alice.sendMessage(sleeper.jid, `Message ${sent}`);
				sentAt.set(endpoint, Date.now());
				sent++;
				await Bun.sleep(Math.max(0, leftAt + (sent * 1000) / RATE - Date.now()));
			}
		})();
		const listening = (async () => {
			for (let i = 0; i < (AWAY_MS / 1000) * WELL; i++) {
				const push = await wellService.waitForPush(({ endpoint }) => sentAt.has(endpoint), AWAY_MS);
				waits.push(push.at - (sentAt.get(push.endpoint) ?? 0));
			}
		})().catch(() => undefined);

		// What asks the primary gets "later", in time.
		wellService.unsubscribe(dying.device.subscription.endpoint);
		const keyring = await createKeyring(SECRET_KEY);
		const node = keyring.createNode();
		const stranger = { jid: dying.address.jid, node, secret: await keyring.secretOf(node) };
		const timed = async <T>(answer: Promise<T>): Promise<[T, number]> => {
			const startedAt = Date.now();
			return [await answer, Date.now() - startedAt];
		};
		const registering = () =>
			fetch(`${http.url}/api/v1/registrations`, {
				method: "POST",
				headers: { "Content-Type": "application/json", Authorization: `Bearer ${TOKEN}` },
				body: JSON.stringify({ subscription: subscribe(wellService).subscription }),
			});
		const answers = {
			gone: timed(publish(dying.address)),
			missing: timed(publish(stranger)),
			command: timed(said(() => registerByCommand(alice, dying.address.jid, subscribe(wellService)))),
			register: timed(registering()),
			unregister: timed(http.api("DELETE", `/registrations/${fated.node}`, fated.deviceSecret)),
			ready: timed(fetch(`${connector.url}/ready`)),
		};
		const [gone, goneMs] = await answers.gone;
		expect(gone).toStartWith("wait ");
		const [missing, missingMs] = await answers.missing;
		expect(missing).toStartWith("wait ");
		const [command, commandMs] = await answers.command;
		expect(command).toStartWith("wait ");
		for (const name of ["register", "unregister"] as const) {
			const [answer, ms] = await answers[name];
			expect([name, answer.status]).toEqual([name, 503]);
			expect(Number(answer.headers.get("Retry-After"))).toBeGreaterThan(0);
			expect(ms).toBeLessThan(15_000);
		}
		expect((await answers.ready)[0].status).toBe(503);

		await load;
		const late = await metrics();
		const age = late("reveille_replica_age_seconds");
		const queued = late("reveille_outbox_entries");
		const wellBack = wellService.pushes.filter(({ status }) => status === 201).length;
		expect(age).toBeGreaterThan(5);
		// One sync that hangs is given up after 30 s.
		if (how === "crashed") {
			const failures = "reveille_replica_sync_failures_total";
			expect(late(failures)).toBeGreaterThan(before(failures));
		}
		// Who was sick may be pushed to before the primary is back.
		const backAt = Date.now();
		sickService.respondNormally();
		await comeBack();

		// Nobody was lost: who was sick is pushed to now, and all are still enabled at their server.
		await Promise.all(
			sick.map(({ device }) =>
				sickService.waitForPush(
					({ endpoint, at }) => endpoint === device.subscription.endpoint && at >= backAt,
					60_000,
				),
			),
		);
		const recovered = Date.now() - backAt;
		await listening;
		const after = await metrics();
		const during = (name: string) => after(name) - before(name);
		expect(during(answered("unknown"))).toBe(0);
		expect(during(answered("refused"))).toBe(0);
		expect(await enabled()).toBe(WELL + SICK + 1);
		// What hangs may do later what it was asked and did not answer; what crashed does not.
		const ended = await http.api("GET", `/registrations/${fated.node}`, fated.deviceSecret);
		expect(ended.status).toBeOneOf(how === "hangs" ? [200, 410] : [200]);
		const healthy = Math.round((sent * WELL) / (WELL + SICK));
		expect(wellBack).toBeGreaterThanOrEqual(healthy - WELL);
		expect(late("reveille_outbox_entries")).toBeGreaterThanOrEqual(SICK);
		waits.sort((a, b) => a - b);
		console.log(
			[
				`the primary ${how} for ${AWAY_MS / 1000} s: ${sent} messages, ${during("reveille_publishes_total")} publishes;`,
				`answered: ${["delivered", "queued", "superseded", "unknown", "refused", "wait"]
					.map((kind) => `${during(answered(kind))} ${kind}`)
					.join(", ")};`,
				`${wellBack} of ${healthy} to the healthy delivered meanwhile (longest ${waits.at(-1)} ms),`,
				`${queued} waited in the outbox, delivered ${recovered} ms after it was back; the replica was ${age.toFixed(1)} s old;`,
				`"later" after ${goneMs} (gone), ${missingMs} (missing), ${commandMs} ms (command)`,
			].join("\n  "),
		);

		// Now that it can be known, it is said.
		expect(await publish(dying.address)).toBe("cancel item-not-found");
		expect(await publish(stranger)).toBe("cancel item-not-found");
		const device = subscribe(wellService);
		const fresh = await http.register(device.subscription, TOKEN);
		expect(await publish(fresh)).toBe("result");
		await wellService.waitForPush(({ endpoint }) => endpoint === device.subscription.endpoint);
	}, 120_000);
});

test("what was delivered meanwhile is in the statistics, once the primary takes them", async () => {
	const { rows } = await untilCounted(
		(await metrics())('reveille_outcomes_total{app="webpush",outcome="delivered"}'),
	);
	expect(rows[0]?.sum).toBeGreaterThan(2 * WELL);
}, 30_000);

describe("a start while the primary is away", () => {
	test("goes by the replica, delivers, and refuses a wrong key by it", async () => {
		const [sleeper] = well as [Sleeper];
		wellService.clear();
		await connector.halt();
		await primary.kill9();
		const wrong = startReveille(
			{
				server,
				settings: {
					...connectorSettings,
					DATA_DIR: connector.dataFolder,
					SECRET_KEY: "a-key-that-this-database-has-never-seen-before",
				},
			},
			"health",
		);
		await expect(wrong).rejects.toThrow("SECRET_KEY is not the key");
		await connector.start();
		await connector.untilLogged("Reveille starts with its replica");
		await connector.untilLogged("is online");
		await alice.sendMessage(sleeper.jid, "Are you there?");
		await wellService.waitForPush(({ endpoint }) => endpoint === sleeper.device.subscription.endpoint);
		await primary.start();
		await connector.untilReady();
	}, 60_000);

	test("without a replica says what is missing", async () => {
		await primary.kill9();
		const none = startReveille({ server, settings: connectorSettings }, "health");
		await expect(none).rejects.toThrow("Reveille can start without it once there is a replica");
		await primary.start();
	}, 60_000);
});
