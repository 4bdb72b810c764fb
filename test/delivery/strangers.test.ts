/** What a stranger's device says of a host that others have devices at too: nothing that counts for them. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import type { Delivery } from "../../src/delivery/delivery.ts";
import { createGates, type Gates } from "../../src/delivery/gates/gates.ts";
import { endpointPolicy } from "../../src/services/endpoint.ts";
import { createVapid, generateVapidKey, importVapidKey } from "../../src/services/webpush/vapid-signature.ts";
import { createWebPush } from "../../src/services/webpush/webpush.ts";
import { createWns } from "../../src/services/wns/wns.ts";
import type { Answer, PushService } from "../../src/types.ts";
import { type DeliveryFixture, HIGH, openDeliveryFixture } from "./delivery-fixture.ts";

const DELIVERED: Answer = { kind: "done", how: "delivered" };
const DAY_S = 86_400;

let fixture: DeliveryFixture;
let gates: Gates;
/** What the host answers, by path; what is not here is well. A function may wait, or throw. */
let says: Map<string, () => Response | Promise<Response>>;
/** The paths that were asked for, and when. */
let asked: { path: string; at: number }[];
beforeEach(async () => {
	fixture = await openDeliveryFixture();
	says = new Map();
	asked = [];
	gates = createGates({ now: () => fixture.clock.now, random: () => 0.5 });
});
afterEach(() => fixture.close());

const now = () => fixture.clock.now;
const key = await importVapidKey(await generateVapidKey());

async function answer(url: string, well: () => Response): Promise<Response> {
	const { pathname } = new URL(url);
	asked.push({ path: pathname, at: now() });
	return (says.get(pathname) ?? well)();
}

/** Each kind of URL that clients choose, with the host of its maker. */
const SERVICES: Record<"webpush" | "wns", { origin: string; create(): PushService }> = {
	webpush: {
		origin: "https://updates.push.services.mozilla.com",
		create: () =>
			createWebPush({
				fetch: (url) => answer(url, () => new Response(null, { status: 201 })),
				vapid: createVapid({ key, subject: "mailto:operator@example.net", now }),
				policy: endpointPolicy({ allowHosts: [], allowPrivate: false }),
				now,
			}),
	},
	wns: {
		origin: "https://db3.notify.windows.com",
		create: () =>
			createWns({
				credentials: { kind: "sid", packageSid: "ms-app://s-1", clientSecret: "secret" },
				type: "raw",
				policy: { allowPrivate: false },
				alert: { text: "New message" },
				now,
				fetch: async (url) =>
					url.startsWith("https://login.live.com/")
						? Response.json({ access_token: "bearer" })
						: answer(url, () => new Response(null, { headers: { "x-wns-status": "received" } })),
			}),
	},
};

function compose(
	name: keyof typeof SERVICES,
	changes: Parameters<DeliveryFixture["compose"]>[0] = {},
): Delivery {
	return fixture.compose({
		gates,
		maxInFlight: 32,
		apps: [{ name, service: name }],
		services: new Map([[name, SERVICES[name].create()]]),
		...changes,
	});
}

/** A device at a path of the host. @param owner a bare JID: its domain is the party */
async function register(name: keyof typeof SERVICES, path: string, owner: string): Promise<string> {
	const token = SERVICES[name].origin + path;
	const wanted = { owner, app: name, device: path, token };
	const result = await fixture.registrations.register(wanted, () => fixture.keyring.createNode());
	if (result.kind === "over-quota") throw new Error("over quota");
	return result.registration.node;
}

/** One that was delivered to. */
async function proven(delivery: Delivery, name: keyof typeof SERVICES, path: string, owner: string) {
	const node = await register(name, path, owner);
	expect(await delivery.push(node, HIGH)).toEqual(DELIVERED);
	return node;
}

const status = (code: number, headers?: Record<string, string>) => () =>
	new Response(null, { status: code, ...(headers && { headers }) });
const inADay = { "retry-after": String(DAY_S) };
const cut = () => {
	throw new TypeError("the line was cut");
};

const FAULTS: readonly (readonly [string, () => Response])[] = [
	["405", status(405)],
	["418", status(418)],
	["401", status(401)],
	["429 for a day", status(429, inADay)],
	["500", status(500)],
	["503 for a day", status(503, inADay)],
	["nothing: the line is cut", cut],
];

describe.each(["webpush", "wns"] as const)("at a host of %s", (name) => {
	test.each(FAULTS)(
		"what a device answers that was never delivered to is its own matter: %s",
		async (_, fault) => {
			const delivery = compose(name);
			const friend = await proven(delivery, name, "/friend", "romeo@example.net");
			says.set("/stranger", fault);
			const stranger = await register(name, "/stranger", "mallory@evil.example");
			for (let time = 0; time < 20; time++) {
				await delivery.push(stranger, HIGH);
				fixture.clock.now += 100;
			}
			expect(gates.shut()).toEqual([]);
			expect(await delivery.push(friend, HIGH)).toEqual(DELIVERED);
			const newcomer = await register(name, "/newcomer", "juliet@example.org");
			expect(await delivery.push(newcomer, HIGH)).toEqual(DELIVERED);
			expect(fixture.lines.filter((line) => line.startsWith("error"))).toEqual([]);
		},
	);

	test.each(FAULTS)("of however many parties such devices are: %s", async (_, fault) => {
		const delivery = compose(name);
		const friend = await proven(delivery, name, "/friend", "romeo@example.net");
		for (let other = 0; other < 10; other++) {
			says.set(`/${other}`, fault);
			await delivery.push(await register(name, `/${other}`, `mallory@evil${other}.example`), HIGH);
		}
		expect(gates.shut()).toEqual([]);
		expect(await delivery.push(friend, HIGH)).toEqual(DELIVERED);
	});

	test.each(FAULTS)("nor do any number of two parties shut it, delivered to before: %s", async (_, fault) => {
		const delivery = compose(name);
		const friend = await proven(delivery, name, "/friend", "romeo@example.net");
		const others: string[] = [];
		for (let other = 0; other < 20; other++) {
			const domain = other % 2 === 0 ? `d${other}.evil.example` : "evil.example.co.uk";
			others.push(await proven(delivery, name, `/other${other}`, `mallory${other}@${domain}`));
			says.set(`/other${other}`, fault);
		}
		for (const node of others) await delivery.push(node, HIGH);
		expect(gates.shut()).toEqual([]);
		expect(await delivery.push(friend, HIGH)).toEqual(DELIVERED);
		expect(fixture.lines.filter((line) => line.startsWith("error"))).toEqual([]);
	});

	test.each([
		["500", status(500)],
		["429", status(429)],
		["nothing: the line is cut", cut],
	])("faults of three parties' devices that were delivered to shut it: %s", async (_, fault) => {
		const delivery = compose(name);
		const nodes: string[] = [];
		for (let device = 0; device < 6; device++) {
			nodes.push(await proven(delivery, name, `/${device}`, `owner@d${device % 3}.example`));
			says.set(`/${device}`, fault);
		}
		const before = asked.length;
		for (const node of nodes) await delivery.push(node, HIGH);
		expect(gates.shut()).toHaveLength(1);
		expect(asked.length - before).toBe(5);
		// A device that was never delivered to is not let through meanwhile either.
		const newcomer = await register(name, "/newcomer", "juliet@example.org");
		expect(await delivery.push(newcomer, HIGH)).toMatchObject({ how: "queued" });
		expect(asked.length - before).toBe(5);
	});

	test("which asks for time is left alone for as long as three parties were asked to, no longer", async () => {
		const delivery = compose(name);
		const nodes: string[] = [];
		for (const [device, seconds] of [DAY_S, 60, 120].entries()) {
			nodes.push(await proven(delivery, name, `/${device}`, `owner@d${device}.example`));
			says.set(`/${device}`, status(503, { "retry-after": String(seconds) }));
		}
		const [first = "", second = "", third = ""] = nodes;
		await delivery.push(first, HIGH);
		await delivery.push(second, HIGH);
		expect(gates.shut()).toEqual([]);
		await delivery.push(third, HIGH);
		expect(gates.shut()).toHaveLength(1);
		says.clear();
		fixture.clock.now += 59_999;
		const friend = await register(name, "/friend", "romeo@example.net");
		expect(await delivery.push(friend, HIGH)).toMatchObject({ how: "queued" });
		fixture.clock.now += 1;
		expect(await delivery.push(friend, HIGH)).toEqual(DELIVERED);
		expect(gates.shut()).toEqual([]);
	});

	test("which is mended opens by itself, whoever's broken device comes first", async () => {
		const delivery = compose(name);
		const nodes: string[] = [];
		for (let device = 0; device < 5; device++) {
			nodes.push(await proven(delivery, name, `/${device}`, `owner@d${device}.example`));
			says.set(`/${device}`, status(500));
		}
		for (const node of nodes) await delivery.push(node, HIGH);
		expect(gates.shut()).toHaveLength(1);
		for (const device of [1, 2, 3, 4]) says.delete(`/${device}`);
		fixture.clock.now += 2_000;
		const [broken = "", well = ""] = nodes;
		for (let time = 0; time < 5; time++) await delivery.push(broken, HIGH);
		expect(asked.filter(({ at }) => at === now())).toEqual([{ path: "/0", at: now() }]);
		expect(await delivery.push(well, HIGH)).toEqual(DELIVERED);
		expect(gates.shut()).toEqual([]);
	});

	test("which is mended opens by a device that was never delivered to, where no other comes", async () => {
		const delivery = compose(name);
		const nodes: string[] = [];
		for (let device = 0; device < 5; device++) {
			nodes.push(await proven(delivery, name, `/${device}`, `owner@d${device}.example`));
			says.set(`/${device}`, status(500));
		}
		for (const node of nodes) await delivery.push(node, HIGH);
		says.set("/stranger", status(500));
		fixture.clock.now += 2_000;
		const stranger = await register(name, "/stranger", "mallory@evil.example");
		for (let time = 0; time < 5; time++) await delivery.push(stranger, HIGH);
		expect(gates.shut()).toHaveLength(1);
		const newcomer = await register(name, "/newcomer", "juliet@example.org");
		expect(await delivery.push(newcomer, HIGH)).toEqual(DELIVERED);
		expect(gates.shut()).toEqual([]);
	});
});

describe("at WNS, our account", () => {
	const logged = (level: string) => fixture.lines.filter((line) => line.startsWith(level));

	test("is refused when channels of three parties say so, and a person is told as an error", async () => {
		const delivery = compose("wns");
		const nodes: string[] = [];
		for (let device = 0; device < 3; device++) {
			nodes.push(await proven(delivery, "wns", `/${device}`, `owner@d${device}.example`));
			says.set(`/${device}`, status(401));
		}
		const [first = "", second = "", third = ""] = nodes;
		for (const node of [first, second]) {
			expect(await delivery.push(node, HIGH)).toMatchObject({ how: "queued" });
		}
		expect(gates.shut()).toEqual([]);
		expect(logged("error")).toEqual([]);
		expect(logged("warn")).toEqual([expect.stringContaining("for one device")]);
		await delivery.push(third, HIGH);
		expect(gates.shut()).toHaveLength(1);
		expect(logged("error")).toEqual([expect.stringContaining("its credentials do not work")]);
		expect((await fixture.rows()).map(({ dueAt }) => dueAt - now())).toEqual([60_000, 60_000, 60_000]);
	});

	test("is refused when the token endpoint says so, whoever is pushed to", async () => {
		const wns = createWns({
			credentials: { kind: "sid", packageSid: "ms-app://s-1", clientSecret: "wrong" },
			type: "raw",
			policy: { allowPrivate: false },
			alert: { text: "New message" },
			now,
			fetch: async () => Response.json({ error: "invalid_client" }, { status: 400 }),
		});
		const delivery = compose("wns", { services: new Map([["wns", wns]]) });
		await delivery.push(await register("wns", "/1", "romeo@example.net"), HIGH);
		expect(gates.shut()).toHaveLength(1);
		expect(logged("error")).toEqual([expect.stringContaining("its credentials do not work")]);
	});
});

test("a host that answers 429 to sixty devices of four owners is asked less and less", async () => {
	const delivery = compose("webpush", { random: () => 0.5 });
	const nodes: string[] = [];
	for (let device = 0; device < 60; device++) {
		nodes.push(await proven(delivery, "webpush", `/${device}`, `owner${device}@d${device % 4}.example`));
		says.set(`/${device}`, status(429));
	}
	const before = asked.length;
	for (const node of nodes) await delivery.push(node, HIGH);
	const startedAt = now();
	while (now() < startedAt + 60_000) {
		fixture.clock.now += 500;
		for (const entry of await fixture.rows()) if (entry.dueAt <= now()) await delivery.retry(entry);
	}
	const times = asked.slice(before).map(({ at }) => at - startedAt);
	const within = (from: number, to: number) => times.filter((at) => at >= from && at < to).length;
	// Five until it shuts; then three parties see that it stays so, and it shuts for twice as long.
	expect([within(0, 1), within(1, 3_000), within(3_000, 8_000), within(8_000, 60_000)]).toEqual([5, 3, 3, 6]);
	expect(await fixture.rows()).toHaveLength(60);
});
