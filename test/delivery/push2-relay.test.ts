/** Push 2.0's relay: what is passed on for strangers, and every limit of it. */
import { describe, expect, test } from "bun:test";
import { createAdmission } from "../../src/delivery/admission.ts";
import { createJournal } from "../../src/delivery/journal.ts";
import { createPush2Relay, type DropReason } from "../../src/delivery/push2-relay.ts";
import { push2Bounds } from "../../src/limits/bounds/push2.ts";
import { createAccess } from "../../src/registering/access.ts";
import { endpointPolicy } from "../../src/services/endpoint.ts";
import { createReceiver } from "../../src/services/webpush/message-decryption.ts";
import { createRelay } from "../../src/services/webpush/relay.ts";
import type { Notification, Outcome, PushService } from "../../src/types.ts";
import { createSigner, sealedFor } from "../services/webpush/relayed.ts";
import { NO_MODULES, openDeliveryFixture } from "./delivery-fixture.ts";

const ORIGIN = "https://push.example.net";
const ENDPOINT = `${ORIGIN}/wpush/one`;
const HOUR_MS = 3_600_000;
const START = Date.UTC(2026, 0, 1);

const signer = await createSigner();
const receiver = await createReceiver();
const rfc8291 = await sealedFor(receiver.keys, "<envelope/>");

type Gone = { hash: string; goneAt: number };

async function relayWith({
	allow = ["*"],
	allowHosts = ["*"] as string[],
	known = [] as readonly Gone[],
	barred = new Set<string>() as ReadonlySet<string>,
} = {}) {
	const noted: Gone[] = [];
	const clock = { now: START };
	const requests: { url: string; init: RequestInit }[] = [];
	const answers: number[] = [];
	const dropped: DropReason[] = [];
	const now = () => clock.now;
	const service = createRelay({
		policy: endpointPolicy({ allowHosts, allowPrivate: false }),
		now,
		async fetch(url, init) {
			requests.push({ url, init });
			return new Response(null, { status: answers.shift() ?? 201 });
		},
	});
	const relay = createPush2Relay({
		service,
		mayRelay: createAccess(allow),
		isBarred: (domain) => barred.has(domain),
		hash: async (endpoint) => `hash of ${endpoint}`,
		gone: { known, note: (hash, goneAt) => void noted.push({ hash, goneAt }) },
		onDropped: (reason) => dropped.push(reason),
		now,
	});
	/** Its JWT is for the endpoint's origin, if not said otherwise. */
	async function admit(url = ENDPOINT, publisher = "example.org", changes: Partial<Notification> = {}) {
		const origin = URL.parse(url)?.origin ?? ORIGIN;
		const jwt = { token: (await signer.jwtFor(origin, clock.now)).token, key: signer.key };
		const notification: Notification = { class: "high", rfc8291, jwt, ...changes };
		return relay.admit({ url, notification, publisher });
	}
	return { relay, admit, clock, requests, answers, dropped, noted };
}

const NODE = { node: `relay:example.org ${ENDPOINT}` };

describe("a message is relayed", () => {
	test("to an endpoint that is made up into a registration, with its domain for a party", async () => {
		const { relay, admit } = await relayWith();
		expect(await admit(ENDPOINT, "chat.example.org")).toEqual({ node: `relay:chat.example.org ${ENDPOINT}` });
		expect(await relay.beside(NOTHING).find(`relay:chat.example.org ${ENDPOINT}`)).toMatchObject({
			app: "-push2-relay",
			token: ENDPOINT,
			owner: "",
			party: "example.org",
		});
	});

	test("with its content as it came, its server's JWT, and nothing else that its server chose", async () => {
		const { relay, requests } = await relayWith();
		const { token } = await signer.jwtFor(ORIGIN, START);
		const registration = await relay.beside(NOTHING).find(NODE.node);
		if (!registration) throw new Error("not made up");
		const notification: Notification = { class: "high", rfc8291, jwt: { token, key: signer.key } };
		const push = { registration, notification, ttlSeconds: 60 };
		expect(await relay.service.send(push, AbortSignal.timeout(1000))).toEqual({ kind: "delivered" });
		const [request] = requests;
		expect(request?.url).toBe(ENDPOINT);
		expect(request?.init).toMatchObject({
			method: "POST",
			redirect: "manual",
			headers: {
				Authorization: `vapid t=${token}, k=${signer.key}`,
				TTL: "60",
				Urgency: "high",
				"Content-Encoding": "aes128gcm",
				"Content-Type": "application/octet-stream",
			},
		});
		expect(Object.keys(request?.init.headers ?? {})).toHaveLength(5);
		const opened = await receiver.decrypt(request?.init.body as Uint8Array<ArrayBuffer>);
		expect(new TextDecoder().decode(opened)).toBe("<envelope/>");
	});

	test("not any more once its JWT has expired: it ends, and no push service is asked", async () => {
		const { relay, clock, requests } = await relayWith();
		const { token } = await signer.jwtFor(ORIGIN, START);
		const registration = await relay.beside(NOTHING).find(NODE.node);
		if (!registration) throw new Error("not made up");
		const notification: Notification = { class: "high", rfc8291, jwt: { token, key: signer.key } };
		clock.now += HOUR_MS;
		const push = { registration, notification, ttlSeconds: 60 };
		expect(await relay.service.send(push, AbortSignal.timeout(1000))).toMatchObject({
			kind: "rejected",
			about: "push",
		});
		expect(requests).toEqual([]);
	});
});

describe("a message is dropped", () => {
	test("when XMPP_ALLOW does not name its domain", async () => {
		const { admit, dropped } = await relayWith({ allow: ["example.org"] });
		expect(await admit(ENDPOINT, "example.com")).toMatchObject({ kind: "refused" });
		expect(dropped).toEqual(["not_allowed"]);
		expect(await admit()).toEqual(NODE);
	});

	test.each([
		"http://push.example.net/x",
		"https://127.0.0.1/x",
		"https://[::1]/x",
		"https://localhost/x",
		"https://user:password@push.example.net/x",
		"https://push.example.net/x#fragment",
		"https://push.example.net:8443/x",
		"https://push.invalid/x",
		"https://push.example.net/a b",
		"xmpp:juliet@example.net",
		"file:///etc/passwd",
	])("when its endpoint is none that a device could register: %s", async (url) => {
		const { admit, dropped } = await relayWith();
		expect(await admit(url)).toMatchObject({ kind: "refused" });
		expect(dropped).toEqual(["bad_endpoint"]);
	});

	test("when nobody named the push service in WEBPUSH_ALLOW_HOSTS", async () => {
		const { admit, dropped } = await relayWith({ allowHosts: [] });
		expect(await admit()).toMatchObject({ kind: "refused" });
		expect(await admit("https://updates.push.services.mozilla.com/wpush/v2/x")).toHaveProperty("node");
		expect(dropped).toEqual(["bad_endpoint"]);
	});

	test.each([
		["missing", undefined],
		["shorter than 103 bytes", new Uint8Array(102).fill(4).toBase64()],
		["no message of RFC 8291", new Uint8Array(200).toBase64()],
	])("when its content is %s", async (_what, content) => {
		const { admit, dropped } = await relayWith();
		expect(await admit(ENDPOINT, "example.org", { rfc8291: content as string })).toMatchObject({
			kind: "refused",
		});
		expect(dropped).toEqual(["bad_content"]);
	});

	test("when its JWT is missing, or for another push service", async () => {
		const { admit, dropped } = await relayWith();
		const elsewhere = await signer.jwtFor("https://other.example.net", START);
		for (const jwt of [undefined, { ...elsewhere, key: signer.key }]) {
			expect(await admit(ENDPOINT, "example.org", { jwt: jwt as NonNullable<typeof jwt> })).toMatchObject({
				kind: "refused",
			});
		}
		expect(dropped).toEqual(["bad_jwt", "bad_jwt"]);
	});

	test("when its endpoint gets more than one a second, beyond the first twenty", async () => {
		const { admit, clock, dropped } = await relayWith();
		const { burst } = push2Bounds.relayEndpoint.is;
		for (let n = 0; n < burst; n++) expect(await admit()).toEqual(NODE);
		expect(await admit()).toMatchObject({ kind: "refused" });
		// Another domain's messages to it count too; another endpoint has its own.
		expect(await admit(ENDPOINT, "example.com")).toMatchObject({ kind: "refused" });
		expect(await admit(`${ORIGIN}/wpush/two`)).toHaveProperty("node");
		expect(dropped).toEqual(["too_often", "too_often"]);
		clock.now += 1000;
		expect(await admit()).toEqual(NODE);
	});

	test("when its domain has more than it may have, under whatever names", async () => {
		const { admit, clock, dropped } = await relayWith({ allowHosts: [] });
		const { burst } = push2Bounds.relayDomain.is;
		// What costs nothing else counts too.
		for (let n = 0; n < burst; n++) await admit(ENDPOINT, `host${n}.example.org`);
		expect(dropped).toEqual(new Array(burst).fill("bad_endpoint"));
		expect(await admit()).toMatchObject({ kind: "refused" });
		expect(dropped.at(-1)).toBe("too_often");
		await admit(ENDPOINT, "example.com");
		expect(dropped.at(-1)).toBe("bad_endpoint");
		clock.now += 1000;
		await admit();
		expect(dropped.at(-1)).toBe("bad_endpoint");
	});

	test("when it is for an eleventh push service within a day; those that somebody named do not count", async () => {
		const { admit, clock, dropped } = await relayWith({ allowHosts: ["*", "named.example.net"] });
		const at = (n: number | string) => `https://push${n}.example.net/x`;
		for (let n = 0; n < push2Bounds.relayOrigins.is; n++)
			expect(await admit(at(n), `host${n}.example.org`)).toHaveProperty("node");
		expect(await admit(at(10))).toMatchObject({ kind: "refused" });
		expect(dropped).toEqual(["too_many_origins"]);
		expect(await admit(at(3))).toHaveProperty("node");
		expect(await admit("https://named.example.net/x")).toHaveProperty("node");
		expect(await admit("https://updates.push.services.mozilla.com/x")).toHaveProperty("node");
		expect(await admit(at(10), "example.com")).toHaveProperty("node");
		clock.now += 24 * HOUR_MS;
		expect(await admit(at(10))).toHaveProperty("node");
	});

	test("for a day when its push service said that the endpoint is gone, though it was delivered to before", async () => {
		const { relay, admit, clock, dropped, noted } = await relayWith();
		const known = relay.beside(NOTHING);
		expect(await known.forget(NODE.node, ENDPOINT, 0)).toBeTrue();
		// What came of an earlier push is told later.
		await known.record([{ node: NODE.node, at: START }], []);
		expect(await admit()).toMatchObject({ kind: "refused" });
		expect(await admit(ENDPOINT, "example.com")).toMatchObject({ kind: "refused" });
		expect(dropped).toEqual(["gone", "gone"]);
		// The next process is told.
		expect(noted).toEqual([{ hash: `hash of ${ENDPOINT}`, goneAt: START }]);
		const next = await relayWith({ known: noted });
		expect(await next.admit()).toMatchObject({ kind: "refused" });
		expect(next.dropped).toEqual(["gone"]);
		clock.now += 24 * HOUR_MS - 1;
		expect(await admit()).toMatchObject({ kind: "refused" });
		clock.now += 1;
		expect(await admit()).toEqual(NODE);
	});
});

describe("a domain with more dead endpoints than it may have in an hour", () => {
	const dead = push2Bounds.relayGone.is;
	const at = (n: number) => `${ORIGIN}/wpush/dead/${n}`;

	test("has messages relayed to those alone that were delivered to", async () => {
		const { relay, admit, clock, dropped } = await relayWith();
		const known = relay.beside(NOTHING);
		await known.record([{ node: NODE.node, at: START }], []);
		for (let n = 0; n < dead; n++) await known.forget(`relay:host${n}.example.org ${at(n)}`, at(n), 0);
		expect(await admit(`${ORIGIN}/wpush/new`)).toMatchObject({ kind: "refused" });
		expect(dropped).toEqual(["too_many_gone"]);
		expect(await admit()).toEqual(NODE);
		expect(await admit(`${ORIGIN}/wpush/new`, "example.com")).toHaveProperty("node");
		clock.now += HOUR_MS / dead;
		expect(await admit(`${ORIGIN}/wpush/new`)).toHaveProperty("node");
	});
});

describe("what waits in the outbox is sent no more", () => {
	test("to an endpoint that is gone since", async () => {
		const { relay, clock } = await relayWith();
		const known = relay.beside(NOTHING);
		await known.forget(NODE.node, ENDPOINT, 0);
		expect(await known.find(NODE.node)).toBeUndefined();
		expect(await known.findAtPrimary(NODE.node)).toBeUndefined();
		clock.now += 24 * HOUR_MS;
		expect(await known.find(NODE.node)).toBeDefined();
	});

	test("for a domain that XMPP_ALLOW does not name any more, or that is barred", async () => {
		const barred = new Set<string>();
		const { relay } = await relayWith({ allow: ["example.org"], barred });
		const known = relay.beside(NOTHING);
		expect(await known.find(`relay:example.com ${ENDPOINT}`)).toBeUndefined();
		expect(await known.find(NODE.node)).toBeDefined();
		barred.add("example.org");
		expect(await known.find(NODE.node)).toBeUndefined();
	});
});

const NOTHING = {
	find: async () => undefined,
	rename: async () => undefined,
	remove: async () => false,
	findAtPrimary: async () => undefined,
	forget: async () => false,
	forgetVoip: async () => false,
	record: async () => {},
};

test("an endpoint counts as proven once it was delivered to, and is never written to the database", async () => {
	const { relay } = await relayWith();
	const written: unknown[] = [];
	const known = relay.beside({ ...NOTHING, record: async (results) => void written.push(...results) });
	await known.record(
		[
			{ node: NODE.node, at: 5 },
			{ node: "a registration's", at: 6 },
		],
		[],
	);
	expect(written).toEqual([{ node: "a registration's", at: 6 }]);
	expect(await known.find(NODE.node)).toMatchObject({ lastSuccessAt: 5 });
});

test("through delivery: what fails waits with its JWT, a dead endpoint is asked once a day, and nothing is relayed unless PUSH2_RELAY says so", async () => {
	const fixture = await openDeliveryFixture();
	fixture.clock.now = START;
	const { relay, requests, answers, clock } = await relayWith();
	const now = () => fixture.clock.now;
	const admission = { keyring: fixture.keyring, modules: NO_MODULES, log: fixture.log, now };
	const deps = {
		registrations: relay.beside(fixture.registrations),
		services: new Map([[relay.app.name, relay.service]]),
		apps: [relay.app],
	};
	const journal = createJournal({ now });
	const delivery = fixture.compose({ ...deps, journal, admit: createAdmission({ ...admission, relay }) });
	const jwt = { token: (await signer.jwtFor(ORIGIN, START)).token, key: signer.key };
	const message = {
		node: ENDPOINT,
		push2: { kind: "endpoint", url: ENDPOINT },
		publisher: "example.org",
		unanswered: "component",
		notification: { class: "high", rfc8291, jwt },
	} as const;
	answers.push(503, 201, 410);
	expect(await delivery.publish(message)).toMatchObject({ kind: "done", how: "queued" });
	const [entry] = await fixture.rows();
	expect(entry?.notification).toEqual(message.notification);
	if (!entry) throw new Error("nothing in the outbox");
	await delivery.retry(entry);
	expect(await fixture.rows()).toEqual([]);
	const bodies = requests.map(({ init }) => (init.body as Uint8Array).toBase64());
	expect(bodies).toEqual([rfc8291, rfc8291]);

	expect(await delivery.publish(message)).toMatchObject({ kind: "unknown" });
	for (let n = 0; n < 3; n++) expect(await delivery.publish(message)).toMatchObject({ kind: "refused" });
	expect(requests).toHaveLength(3);
	fixture.clock.now += 24 * HOUR_MS;
	clock.now += 24 * HOUR_MS;
	const later = { token: (await signer.jwtFor(ORIGIN, clock.now)).token, key: signer.key };
	const next = { ...message, notification: { ...message.notification, jwt: later } };
	expect(await delivery.publish(next)).toMatchObject({ kind: "done", how: "delivered" });
	expect(requests).toHaveLength(4);

	const off = fixture.compose({ ...deps, admit: createAdmission(admission) });
	expect(await off.publish(next)).toMatchObject({ kind: "refused" });
	expect(requests).toHaveLength(4);
	expect(fixture.lines.join("\n")).not.toContain(ENDPOINT);
	const told = journal.take();
	expect(told.map(({ kind }) => kind)).toContain("ended");
	expect(JSON.stringify(told)).not.toContain(ENDPOINT);
	expect(journal.takeFigures().pushes).toEqual({ "-push2-relay": { delivered: 2, gone: 1, later: 1 } });
	await fixture.close();
});

test("however many endpoints of a domain are said to be gone, each is asked once a day", async () => {
	const fixture = await openDeliveryFixture();
	fixture.clock.now = START;
	const { relay, requests, answers } = await relayWith();
	const now = () => fixture.clock.now;
	const admission = { keyring: fixture.keyring, modules: NO_MODULES, log: fixture.log, now };
	const delivery = fixture.compose({
		registrations: relay.beside(fixture.registrations),
		services: new Map([[relay.app.name, relay.service]]),
		apps: [relay.app],
		admit: createAdmission({ ...admission, relay }),
	});
	const jwt = { token: (await signer.jwtFor(ORIGIN, START)).token, key: signer.key };
	const publish = (n: number) => {
		const url = `${ORIGIN}/wpush/${n}`;
		return delivery.publish({
			node: url,
			push2: { kind: "endpoint", url },
			publisher: "example.org",
			unanswered: "component",
			notification: { class: "high", rfc8291, jwt },
		});
	};
	const most = 12;
	// They were delivered to, so that their word would count.
	for (let n = 0; n < most; n++) expect(await publish(n)).toMatchObject({ how: "delivered" });
	answers.push(...new Array(most).fill(410));
	for (let n = 0; n < most; n++) expect(await publish(n)).toMatchObject({ kind: "unknown" });
	expect(await fixture.rows()).toEqual([]);
	expect(requests).toHaveLength(2 * most);
	for (let n = 0; n < most; n++) expect(await publish(n)).toMatchObject({ kind: "refused" });
	expect(requests).toHaveLength(2 * most);
	await fixture.close();
});

describe("while the disk is nearly full, nothing of endpoints that were never delivered to is put there", () => {
	async function full() {
		const asked = Promise.withResolvers<void>();
		const put: unknown[] = [];
		const fixture = await openDeliveryFixture();
		fixture.clock.now = START;
		const { relay } = await relayWith();
		const calls: ((outcome: Outcome) => void)[] = [];
		const hanging: PushService = {
			...relay.service,
			send: () => new Promise((resolve) => void calls.push(resolve)),
		};
		const now = () => fixture.clock.now;
		const admission = { keyring: fixture.keyring, modules: NO_MODULES, log: fixture.log, now };
		const delivery = fixture.compose({
			registrations: relay.beside(fixture.registrations),
			services: new Map([[relay.app.name, hanging]]),
			apps: [relay.app],
			admit: createAdmission({ ...admission, relay }),
			async mayGrow() {
				asked.resolve();
				return false;
			},
			outbox: {
				...fixture.outbox,
				async put(...entries) {
					put.push(...entries);
					await fixture.outbox.put(...entries);
				},
			},
		});
		const jwt = { token: (await signer.jwtFor(ORIGIN, START)).token, key: signer.key };
		const publish = (unanswered: "account" | "component") =>
			delivery.publish({
				node: ENDPOINT,
				push2: { kind: "endpoint", url: ENDPOINT },
				publisher: "example.org",
				unanswered,
				notification: { class: "high", rfc8291, jwt },
			});
		return { fixture, delivery, publish, calls, put, asked: asked.promise };
	}

	test("where a connection has too many in hand: neither what is on its way nor what is held back", async () => {
		const { fixture, delivery, publish, calls, put } = await full();
		const publishing = Array.from({ length: 8 }, () => publish("account"));
		let isOver = false;
		const over = Promise.all(publishing).finally(() => {
			isOver = true;
		});
		while (!isOver) {
			await delivery.settle();
			await new Promise((resolve) => setImmediate(resolve));
		}
		for (const answer of await over) expect(answer).toMatchObject({ kind: "wait" });
		expect(put).toEqual([]);
		// What is on its way goes on.
		expect(calls.length).toBeGreaterThan(0);
		for (const call of calls) call({ kind: "delivered" });
		await delivery.idle(1000);
		await fixture.close();
	});

	test("where it came by a component, and is held back for longer than a moment", async () => {
		const { fixture, delivery, publish, calls, put, asked } = await full();
		const publishing = Array.from({ length: 8 }, () => publish("component"));
		await asked;
		// All of them came at the same moment.
		await new Promise((resolve) => setTimeout(resolve, 50));
		expect(put).toEqual([]);
		await delivery.settle();
		for (const answer of await Promise.all(publishing)) expect(answer).toMatchObject({ kind: "wait" });
		for (const call of calls) call({ kind: "delivered" });
		await delivery.idle(1000);
		await fixture.close();
	});
});
