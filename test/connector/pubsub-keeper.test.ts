import { afterEach, describe, expect, test } from "bun:test";
import type { Element } from "@xmpp/xml";
import xml from "@xmpp/xml";
import { createPubsubKeeper, type PubsubKeeper } from "../../src/connector/pubsub-keeper.ts";
import { createPubsubNodes } from "../../src/store/pubsub-nodes.ts";
import { createRegistrations } from "../../src/store/registrations/registrations.ts";
import type { Answer, Notification } from "../../src/types.ts";
import { NS } from "../../src/xmpp/namespaces.ts";
import { RequestFailed } from "../../src/xmpp/requests.ts";
import { openTestDatabase } from "../database.ts";
import { PLENTY, readableLog } from "../delivery/delivery-fixture.ts";

const HOST = "pubsub.example.org";
const ADDRESS = "push@example.net/push";
const OWNER = "juliet@capulet.example";

/** As much of a pubsub host as is asked of one, in memory: for what a real one cannot be brought to. */
class Host {
	readonly nodes = new Map<
		string,
		{ isOpen: boolean; items: Map<string, Element>; affiliations: string[] }
	>();
	readonly subscriptions = new Set<string>();
	/** Makes requests of this name fail. */
	failing: string | undefined;
	/** Whether it knows `publish-only`. */
	isModern = true;
	/** Nodes whose owner is somebody else, who had us subscribed. */
	readonly others = new Set<string>();

	async ask(_type: string, to: string, payload: Element): Promise<Element> {
		expect(to).toBe(HOST);
		const [action] = payload.getChildElements();
		if (!action) throw new Error("nothing asked");
		if (action.name === this.failing) throw new RequestFailed("forbidden");
		if (this.others.has(String(action.attrs.node))) throw new RequestFailed("forbidden");
		return xml("iq", { type: "result" }, ...this.#answer(action, String(action.attrs.node)));
	}

	#answer(action: Element, node: string): Element[] {
		switch (action.name) {
			case "create":
				if (this.nodes.has(node)) throw new RequestFailed("conflict");
				this.nodes.set(node, { isOpen: true, items: new Map(), affiliations: [] });
				return [];
			case "subscribe":
				this.#get(node);
				this.subscriptions.add(node);
				return [];
			case "configure":
				this.#get(node).isOpen = action.toString().includes("<value>open</value>");
				return [];
			case "affiliations":
				for (const { attrs } of action.getChildren("affiliation")) {
					if (attrs.affiliation === "publish-only" && !this.isModern) throw new RequestFailed("bad-request");
					this.#get(node).affiliations.push(`${attrs.jid} ${attrs.affiliation}`);
				}
				return [];
			case "delete":
				this.#get(node);
				this.nodes.delete(node);
				this.subscriptions.delete(node);
				return [];
			case "retract":
				this.#get(node).items.delete(String(action.getChild("item")?.attrs.id));
				return [];
			case "items":
				return [
					xml("pubsub", { xmlns: NS.pubsub }, xml("items", { node }, ...this.#get(node).items.values())),
				];
			case "subscriptions": {
				const all = [...this.subscriptions].map((each) =>
					xml("subscription", { node: each, jid: ADDRESS, subscription: "subscribed" }),
				);
				return [xml("pubsub", { xmlns: NS.pubsub }, xml("subscriptions", {}, ...all))];
			}
			default:
				throw new RequestFailed("feature-not-implemented");
		}
	}

	#get(node: string) {
		const known = this.nodes.get(node);
		if (!known) throw new RequestFailed("item-not-found");
		return known;
	}
}

const item = (id: string) => xml("item", { id }, xml("notification", { xmlns: NS.push }));
const message = (node: string, id: string, from = HOST) =>
	xml(
		"message",
		{ from, to: ADDRESS },
		xml("event", { xmlns: NS.pubsubEvent }, xml("items", { node }, item(id))),
	);

const closing: (() => unknown)[] = [];
afterEach(async () => {
	for (const close of closing.splice(0)) await close();
});

async function scene() {
	const database = await openTestDatabase();
	const clock = { now: 1_000_000 };
	const nodes = createPubsubNodes(database.db, () => clock.now);
	const registrations = createRegistrations(database.db, PLENTY, { now: () => clock.now });
	const host = new Host();
	const pushed: { node: string; notification: Notification }[] = [];
	const answers: Answer[] = [];
	const { log, lines } = readableLog();
	let made = 0;
	let looked: (() => void) | undefined;
	const start = (): PubsubKeeper => {
		const started = createPubsubKeeper({
			host: HOST,
			address: ADDRESS,
			requests: host,
			log,
			now: () => clock.now,
			nodes: {
				...nodes,
				async countReady(name) {
					const count = await nodes.countReady(name);
					if (count >= 50) queueMicrotask(() => looked?.());
					return count;
				},
			},
			keyring: { createNode: () => `ours-${++made}`, isOurs: (node) => node.startsWith("ours-") },
			async push(node, notification) {
				pushed.push({ node, notification });
				return answers.shift() ?? { kind: "done", how: "delivered" };
			},
			timing: { lookEveryMs: 1, claimMs: 1000 },
		});
		closing.push(() => started.stop());
		return started;
	};
	closing.push(() => database.close());
	return {
		host,
		nodes,
		registrations,
		pushed,
		answers,
		lines,
		clock,
		start,
		/** Resolves when everything was looked at once more from now on. */
		async settled() {
			for (let times = 0; times < 2; times++) {
				await new Promise<void>((resolve) => {
					looked = resolve;
				});
			}
		},
	};
}

/** It looked after its nodes already. */
async function running() {
	const it = await scene();
	const started = it.start();
	started.online(false);
	await it.settled();
	return { ...it, started };
}

async function claimed(
	it: Pick<Awaited<ReturnType<typeof scene>>, "nodes" | "registrations">,
	owner = OWNER,
): Promise<string> {
	const node = (await it.nodes.claim(HOST)) ?? "";
	await it.registrations.register({ owner, app: "webpush", device: `of ${node}`, token: "t" }, () => node);
	return node;
}

describe("nodes at a pubsub host", () => {
	test("are made ahead, each with our subscription, and open to who knows them", async () => {
		const it = await running();
		expect(it.host.nodes.size).toBe(50);
		expect(it.host.subscriptions.size).toBe(50);
		expect([...it.host.nodes.values()].every(({ isOpen }) => isOpen)).toBeTrue();
	});

	test("that are claimed are made up for, and no two claims get one", async () => {
		const it = await running();
		const claims = await Promise.all(Array.from({ length: 20 }, () => it.nodes.claim(HOST)));
		expect(new Set(claims).size).toBe(20);
		await it.settled();
		expect(it.host.nodes.size).toBe(70);
	});

	test("are closed to all but the owner's server and account, also where publish-only is not known", async () => {
		const { started, ...it } = await running();
		const [one, two] = [await claimed(it), await claimed(it)];
		await started.restrict(one, OWNER);
		expect(it.host.nodes.get(one)).toMatchObject({
			isOpen: false,
			affiliations: ["capulet.example publish-only", `${OWNER} publish-only`],
		});
		it.host.isModern = false;
		await started.restrict(two, OWNER);
		expect(it.host.nodes.get(two)?.affiliations).toEqual(["capulet.example publisher", `${OWNER} publisher`]);
	});

	test("are open to a room's service and the room as well, where they are for its messages", async () => {
		const { started, ...it } = await running();
		const node = await claimed(it);
		await started.restrict(node, OWNER, "garden@rooms.example.org");
		expect(it.host.nodes.get(node)?.affiliations).toEqual([
			...["capulet.example publish-only", `${OWNER} publish-only`],
			...["rooms.example.org publish-only", "garden@rooms.example.org publish-only"],
		]);
	});

	test("are deleted when their registration is gone, but not those just claimed", async () => {
		const it = await running();
		const node = await claimed(it);
		const fresh = (await it.nodes.claim(HOST)) ?? "";
		await it.registrations.remove(node);
		it.clock.now += 500;
		await it.settled();
		expect(it.host.nodes.has(node)).toBeTrue();
		it.clock.now += 501;
		await it.settled();
		expect(it.host.nodes.has(node)).toBeFalse();
		expect(it.host.nodes.has(fresh)).toBeFalse();
	});

	test("that the host lost are made again, closed as they were", async () => {
		const { started, ...it } = await running();
		const node = await claimed(it);
		await started.restrict(node, OWNER);
		it.host.nodes.clear();
		it.host.subscriptions.clear();
		started.online(false);
		await it.settled();
		expect(it.host.nodes.get(node)?.isOpen).toBeFalse();
		expect(it.host.subscriptions.has(node)).toBeTrue();
		expect(it.host.nodes.size).toBe(51);
	});

	test("that were made when the process ended, and not noted, can be claimed", async () => {
		const it = await scene();
		await it.nodes.add(HOST, "ours-made");
		it.host.nodes.set("ours-made", { isOpen: true, items: new Map(), affiliations: [] });
		it.host.subscriptions.add("ours-made");
		it.start().online(false);
		await it.settled();
		expect(it.host.nodes.size).toBe(50);
	});

	test("that nobody knows of any more are deleted; those of others are left alone", async () => {
		const it = await scene();
		for (const node of ["ours-stray", "somebody-else's"]) {
			it.host.nodes.set(node, { isOpen: true, items: new Map(), affiliations: [] });
			it.host.subscriptions.add(node);
		}
		it.start().online(false);
		await it.settled();
		expect(it.host.nodes.has("ours-stray")).toBeFalse();
		expect(it.host.nodes.has("somebody-else's")).toBeTrue();
	});

	test("that look like ours, and are somebody else's who had us subscribed, are in nobody's way", async () => {
		const it = await scene();
		it.host.subscriptions.add("ours-not");
		it.host.others.add("ours-not");
		it.start().online(false);
		await it.settled();
		expect(it.host.nodes.size).toBe(50);
	});

	test("that cannot be made are complained of once, and made when they can be", async () => {
		const it = await scene();
		it.host.failing = "create";
		let asked = 0;
		const ask = it.host.ask.bind(it.host);
		const tried = Promise.withResolvers<void>();
		it.host.ask = (...request) => {
			if (request[2].getChild("subscriptions") && ++asked === 5) tried.resolve();
			return ask(...request);
		};
		it.start().online(false);
		await tried.promise;
		expect(it.lines.filter((line) => line.includes("forbidden"))).toHaveLength(1);
		it.host.failing = undefined;
		await it.settled();
		expect(it.host.nodes.size).toBe(50);
	});
});

describe("what is published to a node", () => {
	test("is pushed, and taken out of the node", async () => {
		const { started, ...it } = await running();
		const node = await claimed(it);
		it.host.nodes.get(node)?.items.set("i1", item("i1"));
		await started.take(message(node, "i1"));
		expect(it.pushed).toEqual([{ node, notification: { class: "low" } }]);
		expect(it.host.nodes.get(node)?.items.size).toBe(0);
	});

	test("counts only from the host itself", async () => {
		const it = await scene();
		const started = it.start();
		for (const from of ["evil.example", `${HOST}/x`, "PUBSUB.example.org"]) {
			expect(started.take(message("ours-1", "i1", from))).toBeUndefined();
		}
		expect(it.pushed).toEqual([]);
	});

	test("is no push when it is a retraction, or something else", async () => {
		const it = await scene();
		const started = it.start();
		const event = (...children: Element[]) =>
			xml("message", { from: HOST }, xml("event", { xmlns: NS.pubsubEvent }, ...children));
		await started.take(event(xml("items", { node: "ours-1" }, xml("retract", { id: "i1" }))));
		await started.take(event(xml("delete", { node: "ours-1" })));
		await started.take(xml("message", { from: HOST }, xml("body", {}, "hello")));
		expect(it.pushed).toEqual([]);
	});

	test("stays in its node while it can be neither delivered nor kept, and is tried again", async () => {
		const { started, ...it } = await running();
		const node = await claimed(it);
		const kept = it.host.nodes.get(node)?.items;
		kept?.set("i1", item("i1"));
		it.answers.push({ kind: "wait", reason: "the database is not available" });
		await started.take(message(node, "i1"));
		expect(kept?.size).toBe(1);
		await it.settled();
		expect(it.pushed).toHaveLength(2);
		expect(kept?.size).toBe(0);
	});

	test("at a node of somebody else's, who had us subscribed, is no push, whatever the node is called", async () => {
		const { started, ...it } = await running();
		await it.registrations.register(
			{ owner: OWNER, app: "webpush", device: "elsewhere", token: "t", jid: "push.example.net" },
			() => "ours-elsewhere",
		);
		for (const node of ["ours-elsewhere", "module:fcm:capulet.example:token", "ours-none"]) {
			it.host.others.add(node);
			await started.take(message(node, "i1"));
		}
		expect(it.pushed).toEqual([]);
		expect(it.lines.filter((line) => line.includes("item"))).toEqual([]);
	});

	test("and is still owed when its registration ends is let go of", async () => {
		const { started, ...it } = await running();
		const node = await claimed(it);
		it.host.nodes.get(node)?.items.set("i1", item("i1"));
		it.answers.push({ kind: "wait", reason: "the database is not available" });
		await Promise.all([started.take(message(node, "i1")), it.registrations.remove(node)]);
		started.ended(node);
		await it.settled();
		// Nodes are still made.
		await it.nodes.claim(HOST);
		await it.settled();
		expect(it.host.nodes.size).toBe(51);
	});

	test("while we were away is fetched, unless the stream was resumed", async () => {
		const { started, ...it } = await running();
		const node = await claimed(it);
		it.host.nodes.get(node)?.items.set("i1", item("i1"));
		started.online(true);
		await it.settled();
		expect(it.pushed).toEqual([]);
		started.online(false);
		await it.settled();
		expect(it.pushed).toEqual([{ node, notification: { class: "low" } }]);
		expect(it.host.nodes.get(node)?.items.size).toBe(0);
	});
});
