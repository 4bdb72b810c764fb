import { describe, expect, test } from "bun:test";
import { createAdmission } from "../../src/delivery/admission.ts";
import { createPushModules, type Modules, type UnregisteredApp } from "../../src/delivery/push-modules.ts";
import { createAccess } from "../../src/registering/access.ts";
import { InvalidDevice, type Registration } from "../../src/types.ts";
import { FakeService, HIGH, openDeliveryFixture } from "./delivery-fixture.ts";

const TOPIC = "org.example.chat";
const apps: UnregisteredApp[] = [
	{ name: "monal", service: "apns", pushModules: ["monalProdiOS"], topic: TOPIC },
	{ name: "other", service: "apns" },
];
const TOKEN = "ab".repeat(32);
const OTHER = "cd".repeat(32);

function modulesWith({ allow = ["*"] as string[], now = (): number => 0 } = {}): Modules {
	const service = {
		parseDevice({ token = "", voipToken }: { token?: string; voipToken?: string }) {
			if (!/^[0-9a-f]+$/i.test(token)) throw new InvalidDevice("hex, please");
			return { token: token.toLowerCase(), ...(voipToken !== undefined && { voipToken }) };
		},
	};
	return createPushModules({
		apps,
		services: new Map([
			["monal", service],
			["other", service],
		]),
		mayPublish: createAccess(allow),
		now,
	});
}

const from = (publisher: string | undefined, token = TOKEN, module = "monalProdiOS") => ({
	module,
	token,
	publisher,
});

const nothing = {
	find: async () => undefined,
	rename: async () => undefined,
	remove: async () => false,
	findAtPrimary: async () => undefined,
	forget: async () => false,
	forgetVoip: async () => false,
	record: async () => {},
};

function nodeOf(admitted: ReturnType<Modules["admit"]>): string {
	if ("kind" in admitted) throw new Error(`not admitted: ${admitted.kind}`);
	return admitted.node;
}

describe("a device that never registered", () => {
	test("is pushed to by its token, as a registration made up on the spot", async () => {
		const modules = modulesWith();
		const node = nodeOf(modules.admit(from("example.org")));
		expect(await modules.beside(nothing).find(node)).toMatchObject({ app: "monal", token: TOKEN, owner: "" });
	});

	test("is the same device in capitals, and is pushed to as its push service spells it", async () => {
		const modules = modulesWith();
		const node = nodeOf(modules.admit(from("example.org", TOKEN.toUpperCase())));
		expect(await modules.beside(nothing).find(node)).toMatchObject({ token: TOKEN });
		expect(node).toBe(nodeOf(modules.admit(from("example.org"))));
		await modules.beside(nothing).forget(node, TOKEN, 0);
		expect(modules.admit(from("example.org", TOKEN.toUpperCase()))).toMatchObject({ kind: "unknown" });
	});

	test("may name its module with blanks around it", () => {
		expect(modulesWith().admit(from("example.org", TOKEN, "\n monalProdiOS "))).toHaveProperty("node");
	});

	test("is unknown when its provider has said that it is dead, for a day, and to that publisher alone", async () => {
		let at = 0;
		const modules = modulesWith({ now: () => at });
		const node = nodeOf(modules.admit(from("example.org")));
		expect(await modules.beside(nothing).forget(node, TOKEN, 0)).toBeTrue();
		expect(modules.admit(from("example.org"))).toMatchObject({ kind: "unknown" });
		expect(modules.admit(from("example.net"))).toHaveProperty("node");
		at = 25 * 3_600_000;
		expect(modules.admit(from("example.org"))).toHaveProperty("node");
	});

	test("counts as proven once it was delivered to, and is never written to the database", async () => {
		const written: unknown[] = [];
		const modules = modulesWith();
		const known = modules.beside({ ...nothing, record: async (results) => void written.push(...results) });
		const node = nodeOf(modules.admit(from("example.org")));
		const registered = { node: "a registration's", at: 5 };
		await known.record([{ node, at: 5 }, registered], []);
		expect(written).toEqual([registered]);
		expect(await known.find(node)).toMatchObject({ lastSuccessAt: 5 });
	});
});

describe("a publish without a registration is turned away", () => {
	test.each([
		["when it names no module that an app lists", from("example.org", TOKEN, "other")],
		["when the token is none of the push service's", from("example.org", "not hex")],
		["when nobody knows who published it", from(undefined)],
		["when its publisher is an IPv6 literal", from("[::1]")],
	])("%s", (_why, request) => {
		expect(modulesWith().admit(request)).toMatchObject({ kind: "unknown" });
	});

	test("when XMPP_ALLOW does not name its domain", () => {
		const modules = modulesWith({ allow: ["example.org"] });
		expect(modules.admit(from("example.net"))).toMatchObject({ kind: "unknown" });
		expect(modules.admit(from("example.org"))).toHaveProperty("node");
	});

	test("for now, when too many tokens of its domain were bad within the hour; other domains are served", async () => {
		let at = 0;
		const modules = modulesWith({ now: () => at });
		for (let n = 0; n < 200; n++) {
			const token = n.toString(16).padStart(64, "0");
			await modules.beside(nothing).forget(nodeOf(modules.admit(from("bad.example", token))), token, 0);
		}
		expect(modules.admit(from("bad.example"))).toMatchObject({ kind: "wait" });
		expect(modules.admit(from("example.org"))).toHaveProperty("node");
		at = 3_600_001;
		expect(modules.admit(from("bad.example"))).toHaveProperty("node");
	});

	test("for now, when too many of its tokens for calls were bad: whoever makes them up has no other", async () => {
		const modules = modulesWith();
		const call = (voipToken: string) =>
			modules.admitApns({ token: TOKEN, voipToken, topic: TOPIC, sandbox: false }, "bad.example");
		for (let n = 0; n < 200; n++) {
			const token = n.toString(16).padStart(64, "0");
			await modules.beside(nothing).forgetVoip(nodeOf(call(token)), token, 0);
		}
		expect(call(OTHER)).toMatchObject({ kind: "wait" });
	});

	test("when its token is dead, whatever token for calls is beside it", async () => {
		const modules = modulesWith();
		const of = (voipToken?: string) =>
			modules.admitApns(
				{ token: TOKEN, ...(voipToken && { voipToken }), topic: TOPIC, sandbox: false },
				"example.org",
			);
		await modules.beside(nothing).forget(nodeOf(of(OTHER)), TOKEN, 0);
		for (const voipToken of [undefined, OTHER, "ef".repeat(32)])
			expect(of(voipToken)).toMatchObject({ kind: "unknown", reason: "dead token" });
	});

	test("for now, when its domain publishes faster than any server does", () => {
		let at = 0;
		const modules = modulesWith({ now: () => at });
		const answers = Array.from({ length: 2_001 }, () => modules.admit(from("example.org")));
		expect(answers.filter((answer) => "node" in answer)).toHaveLength(2_000);
		expect(answers.at(-1)).toMatchObject({ kind: "wait" });
		at = 1_000;
		expect(modules.admit(from("example.org", OTHER))).toHaveProperty("node");
	});
});

test("registrations are found and forgotten beside them as ever", async () => {
	const registration = { node: "N" } as Registration;
	const asked: unknown[] = [];
	const known = modulesWith().beside({
		...nothing,
		find: async () => registration,
		async forget(...condition) {
			asked.push(condition);
			return true;
		},
	});
	expect(await known.find("N")).toBe(registration);
	expect(await known.forget("N", "token", 7)).toBeTrue();
	expect(asked).toEqual([["N", "token", 7]]);
});

test("through delivery: a push that fails waits in the outbox, goes out later, and a dead token is told once more without asking", async () => {
	const service = new FakeService();
	const anyToken = { parseDevice: ({ token = "" }) => ({ token }) };
	const fixture = await openDeliveryFixture();
	const services = new Map([["monal", service]]);
	const modules = createPushModules({
		apps,
		services: new Map([["monal", anyToken]]),
		mayPublish: () => true,
	});
	const known = modules.beside(fixture.registrations);
	const delivery = fixture.compose({
		services,
		apps,
		registrations: known,
		admit: createAdmission({
			keyring: fixture.keyring,
			modules,
			log: fixture.log,
			now: () => fixture.clock.now,
		}),
	});
	service.program.push(
		{ kind: "retry", reason: "503" },
		{ kind: "delivered" },
		{ kind: "gone", reason: "410" },
	);
	const publish = { node: TOKEN, pushModule: "monalProdiOS", publisher: "example.org", notification: HIGH };
	expect(await delivery.publish(publish)).toMatchObject({ kind: "done", how: "queued" });
	const [entry] = await fixture.rows();
	if (!entry) throw new Error("nothing in the outbox");
	await delivery.retry(entry);
	expect(await fixture.rows()).toEqual([]);
	expect(service.calls.map(({ registration }) => registration.token)).toEqual([TOKEN, TOKEN]);

	expect(await delivery.publish(publish)).toMatchObject({ kind: "unknown" });
	expect(await delivery.publish(publish)).toMatchObject({ kind: "unknown" });
	expect(service.calls).toHaveLength(3);
	await fixture.close();
});

test("a node and secret in other hands are of no use where the owner's server is known, unless an operator allows it", async () => {
	const fixture = await openDeliveryFixture();
	const { registration, secret } = await fixture.register();
	fixture.service.program.push({ kind: "delivered" }, { kind: "delivered" });
	const publish = { node: registration.node, secret, notification: HIGH };
	expect(await fixture.delivery.publish({ ...publish, publisher: "elsewhere.example" })).toMatchObject({
		kind: "unknown",
	});
	expect(await fixture.delivery.publish({ ...publish, publisher: "capulet.example" })).toMatchObject({
		kind: "done",
	});
	const trusting = fixture.compose({ publishers: "any" });
	expect(await trusting.publish({ ...publish, publisher: "elsewhere.example" })).toMatchObject({
		kind: "done",
	});
	await fixture.close();
});
