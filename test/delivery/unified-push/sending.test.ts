import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { unifiedPushBounds } from "../../../src/limits/bounds/unified-push.ts";
import {
	answerTo,
	DEVICE,
	JID,
	openUnifiedPushFixture,
	push,
	type UnifiedPushFixture,
} from "./unified-push-fixture.ts";

let fixture: UnifiedPushFixture;
beforeEach(async () => {
	fixture = await openUnifiedPushFixture();
});
afterEach(() => fixture.close());

/** A device that is away: its server says so. */
const AWAY = (stanza: Parameters<typeof answerTo>[0]) => answerTo(stanza, "service-unavailable");
const HERE = (stanza: Parameters<typeof answerTo>[0]) => answerTo(stanza);

/** What waits that nobody has a lease on. */
const free = async () => {
	const { rows } = await fixture.database.client.execute(
		"SELECT count(*) AS n FROM unifiedpush_messages WHERE claimed_until = 0",
	);
	return Number(rows[0]?.n);
};
const untilFree = async (count: number) => {
	while ((await free()) !== count) await Bun.sleep(1);
};

describe("a push to a UnifiedPush device", () => {
	test("goes to the full JID that registered, from the address that it asked, and is gone once it is taken", async () => {
		const { token, node } = await fixture.register();
		await fixture.taking()(token, push("hello"));
		await fixture.untilSent(1);
		const [application, instance] = DEVICE.split(" ");
		const [stanza] = fixture.stanzas;
		expect(String(stanza)).toBe(
			`<iq type="set" id="${stanza?.attrs.id}" from="push.example.org" to="${JID}"><push xmlns="http://gultsch.de/xmpp/drafts/unified-push" application="${application}" instance="${instance}">aGVsbG8=</push></iq>`,
		);
		await fixture.untilWaiting(0);
		expect(fixture.results).toEqual(["delivered"]);
		expect(await fixture.registrations.find(node)).toBeDefined();
	});

	test("waits while it is away, and goes out in order when it comes online", async () => {
		const { token } = await fixture.register();
		const take = fixture.taking();
		fixture.state.device = AWAY;
		for (const text of ["1", "2", "3"]) {
			await take(token, push(text));
			await untilFree(Number(text));
		}
		fixture.state.device = HERE;
		fixture.sent.length = 0;
		await fixture.sending.presence("juliet@example.org/another");
		await fixture.sending.presence("juliet@example.org");
		expect(fixture.sent).toEqual([]);
		await fixture.sending.presence(JID);
		await fixture.untilWaiting(0);
		expect(fixture.sent).toEqual(["1", "2", "3"]);
		expect(fixture.results).toEqual(["delivered", "delivered", "delivered"]);
	});

	test("waits for no flood of presence: beyond its bound presence is passed over", async () => {
		await fixture.register();
		const asked: unknown[] = [];
		const { waitingFor } = fixture.messages;
		fixture.messages.waitingFor = (...given) => {
			asked.push(given);
			return waitingFor(...given);
		};
		const { burst } = unifiedPushBounds.presences.is;
		for (let count = 0; count < burst + 5; count++) await fixture.sending.presence(JID);
		expect(asked).toHaveLength(burst);
		// Whoever registers has a bound of its own.
		await fixture.sending.online(JID);
		expect(asked).toHaveLength(burst + 1);
	});

	test("of many that wait takes all, though they are claimed in pieces", async () => {
		const { token } = await fixture.register();
		fixture.state.device = AWAY;
		// Of a process without a connector: nobody tries them.
		const take = fixture.taking(null);
		const texts = [...Array(20).keys()].map(String);
		for (const text of texts) await take(token, push(text));
		fixture.state.device = HERE;
		await fixture.sending.presence(JID);
		await fixture.untilWaiting(0);
		expect(fixture.sent).toEqual(texts);
	});

	test("that is taken brings out what waits behind it", async () => {
		const { token } = await fixture.register();
		const take = fixture.taking();
		fixture.state.device = AWAY;
		await take(token, push("1"));
		await untilFree(1);
		fixture.state.device = HERE;
		await take(token, push("2"));
		await fixture.untilWaiting(0);
		expect(fixture.sent).toEqual(["1", "2", "1"]);
	});

	test("whose app is gone ends the registration, and all that waits for it", async () => {
		for (const condition of ["item-not-found", "feature-not-implemented"]) {
			const { token, node } = await fixture.register();
			const take = fixture.taking();
			await fixture.taking(null)(token, push("before"));
			fixture.state.device = (stanza) => answerTo(stanza, condition);
			await take(token, push("1"));
			await fixture.untilWaiting(0);
			expect(await fixture.registrations.find(node)).toBeUndefined();
			expect(await take(token, push("2"))).toEqual({ kind: "gone" });
			expect(fixture.noted.at(-1)).toMatchObject({
				kind: "ended",
				node,
				decider: "provider",
				decidedBy: "its phone",
			});
		}
	});

	test("is not ended by an older verdict than its renewal", async () => {
		const { token, node } = await fixture.register();
		fixture.state.device = async (stanza) => {
			fixture.clock.now += 10;
			await fixture.register();
			return answerTo(stanza, "item-not-found");
		};
		await fixture.taking()(token, push("1"));
		await fixture.untilSent(1);
		await Bun.sleep(20);
		expect(await fixture.registrations.find(node)).toBeDefined();
	});

	test("believes nobody but the device itself", async () => {
		const { token, node } = await fixture.register();
		fixture.state.device = (stanza) => answerTo(stanza, "item-not-found", "mallory@example.org/x");
		await fixture.taking()(token, push("1"));
		await fixture.untilSent(1);
		fixture.sending.answered(answerTo(fixture.stanzas[0] as never, undefined, "juliet@example.org/other"));
		await Bun.sleep(20);
		expect(await fixture.messages.count()).toBe(1);
		expect(await fixture.registrations.find(node)).toBeDefined();
	});
});

describe("an answer", () => {
	test("that comes too late, or to another connector, counts too", async () => {
		await fixture.close();
		fixture = await openUnifiedPushFixture({ deadlineMs: 1 });
		const { token } = await fixture.register();
		const take = fixture.taking();
		fixture.state.device = () => undefined;
		await take(token, push("1"));
		await untilFree(1);
		await take(token, push("2"));
		await untilFree(2);
		fixture.state.device = HERE;
		const other = fixture.connector("other");
		other.sending.answered(answerTo(fixture.stanzas[0] as never));
		// And shows that the device is there.
		await fixture.untilWaiting(0);
		expect(fixture.sent).toEqual(["1", "2", "2"]);
		await other.sending.stop(0);
	});

	test("that another connector heard is known here soon: the next push waits for no deadline", async () => {
		const { token } = await fixture.register();
		const other = fixture.connector("other");
		const take = fixture.taking();
		fixture.state.device = (stanza) => void other.sending.answered(answerTo(stanza));
		await take(token, push("1"));
		await take(token, push("2"));
		await fixture.untilWaiting(0);
		expect(fixture.sent).toEqual(["1", "2"]);
		expect(fixture.results).toEqual([]);
		expect(other.results).toEqual(["delivered", "delivered"]);
		// The same where it heard that the device is away.
		fixture.state.device = (stanza) => void other.sending.answered(AWAY(stanza));
		await take(token, push("3"));
		await take(token, push("4"));
		await untilFree(2);
		await fixture.sending.stop(1_000);
		await other.sending.stop(0);
	});

	test("that the device is away, heard after it came online elsewhere, holds nothing up", async () => {
		const { token } = await fixture.register();
		const other = fixture.connector("other");
		const answered = Promise.withResolvers<void>();
		fixture.state.device = async (stanza) => {
			await answered.promise;
			return AWAY(stanza);
		};
		await fixture.taking()(token, push("1"));
		await fixture.untilSent(1);
		await other.sending.presence(JID);
		fixture.state.device = HERE;
		answered.resolve();
		await untilFree(1);
		other.sending.start();
		await fixture.untilWaiting(0);
		expect(fixture.sent).toEqual(["1", "1"]);
		await other.sending.stop(0);
	});

	test("is not waited for once the device has a new session: it gets the push again, and no other does", async () => {
		const { token } = await fixture.register();
		fixture.state.device = () => undefined;
		await fixture.taking()(token, push("1"));
		await fixture.untilSent(1);
		await fixture.sending.presence("juliet@example.org/another");
		expect(fixture.sent).toEqual(["1"]);
		fixture.state.device = HERE;
		await fixture.sending.presence(JID);
		await fixture.untilWaiting(0);
		expect(fixture.sent).toEqual(["1", "1"]);
		// The same where another connector hears of it.
		fixture.state.device = () => undefined;
		await fixture.taking()(token, push("2"));
		await fixture.untilSent(3);
		fixture.state.device = HERE;
		const other = fixture.connector("other");
		other.sending.start();
		await other.sending.presence(JID);
		await fixture.untilWaiting(0);
		expect(fixture.sent).toEqual(["1", "1", "2", "2"]);
		await other.sending.stop(0);
	});

	test("with an id of nobody's asks nothing of the database", async () => {
		const asked: unknown[] = [];
		const nodeOf = fixture.messages.nodeOf;
		fixture.messages.nodeOf = (...given) => {
			asked.push(given);
			return nodeOf(...given);
		};
		const { token } = await fixture.register();
		await fixture.taking()(token, push("1"));
		await fixture.untilWaiting(0);
		const [real] = fixture.stanzas;
		for (const id of ["up-1-AAAAAAAAAAAAAAAAAAAAAA", "up-", "up-x-y", "1"]) {
			fixture.sending.answered(
				answerTo(
					Object.assign(real as never as { attrs: object }, { attrs: { ...real?.attrs, id } }) as never,
				),
			);
		}
		await Bun.sleep(10);
		expect(asked).toEqual([]);
	});
});

describe("what waits", () => {
	test("of a process that was killed goes out by the next one of its folder at once", async () => {
		const { token } = await fixture.register();
		fixture.state.device = () => undefined;
		await fixture.taking()(token, push("1"));
		await fixture.untilSent(1);
		fixture.state.device = HERE;
		const next = fixture.connector("one");
		next.sending.start();
		await fixture.untilWaiting(0);
		expect(fixture.sent).toEqual(["1", "1"]);
		await next.sending.stop(0);
	});

	test("that a process without a connector took in is found, once there is a connection", async () => {
		const { token } = await fixture.register();
		fixture.state.isConnected = false;
		await fixture.taking(null)(token, push("1"));
		fixture.sending.start();
		await Bun.sleep(20);
		expect(fixture.sent).toEqual([]);
		fixture.state.isConnected = true;
		fixture.sending.look();
		await fixture.untilWaiting(0);
		expect(fixture.sent).toEqual(["1"]);
	});

	test("for a registration that ended goes", async () => {
		const { token, node } = await fixture.register();
		await fixture.taking(null)(token, push("1"));
		await fixture.registrations.remove(node);
		fixture.sending.start();
		await fixture.untilWaiting(0);
		expect(fixture.sent).toEqual([]);
	});

	test("is given back at a planned end, and what is on its way is answered before", async () => {
		const { token } = await fixture.register();
		const answered = Promise.withResolvers<void>();
		fixture.state.device = async (stanza) => {
			await answered.promise;
			return answerTo(stanza);
		};
		const take = fixture.taking();
		await take(token, push("1"));
		await take(token, push("2"));
		await fixture.untilSent(1);
		const stopped = fixture.sending.stop(5_000);
		answered.resolve();
		await stopped;
		expect(await fixture.messages.count()).toBe(1);
		expect(await free()).toBe(1);
	});
});

describe("looks at what is due", () => {
	test("are one at a time, and one a second, however many pushes ask for one", async () => {
		const { due } = fixture.messages;
		let atOnce = 0;
		let most = 0;
		let asked = 0;
		fixture.messages.due = async (limit) => {
			asked += 1;
			most = Math.max(most, ++atOnce);
			// As over a network.
			await Bun.sleep(20);
			atOnce -= 1;
			return due(limit);
		};
		const other = fixture.connector("other");
		other.sending.start();
		for (let count = 0; count < 100; count++) other.sending.look();
		await Bun.sleep(1_600);
		await other.sending.stop(0);
		expect(most).toBe(1);
		expect(asked).toBeLessThan(5);
	});

	test("pass devices that do not answer by: another one gets its turn", async () => {
		const silent = new Set<string>();
		const take = fixture.taking(null);
		for (let count = 0; count < 31; count++) {
			const letter = String.fromCharCode(65 + (count % 26), 97 + Math.floor(count / 26));
			const jid = `silent${count}@example.net/x`;
			silent.add(jid);
			const { token } = await fixture.register(`${letter.repeat(21)}A= ${"B".repeat(43)}=`, jid);
			for (let each = 0; each < 12; each++) await take(token, push("silence"));
		}
		fixture.state.device = (stanza) => (silent.has(stanza.attrs.to) ? undefined : answerTo(stanza));
		fixture.clock.now += 1;
		const { token } = await fixture.register();
		await take(token, push("hello"));
		fixture.sending.start();
		// Beyond what one look begins with.
		await fixture.untilSent(30);
		fixture.sending.look();
		const deadline = performance.now() + 3_000;
		while (!fixture.sent.includes("hello") && performance.now() < deadline) await Bun.sleep(5);
		expect(fixture.sent).toContain("hello");
	});
});

describe("a device that says again and again that it is there", () => {
	const registerSome = async (count: number) => {
		const tokens: string[] = [];
		for (let at = 0; at < count; at++)
			tokens.push(
				(await fixture.register(`${String(at).padStart(2, "0").padEnd(43, "A")}= ${"B".repeat(43)}=`)).token,
			);
		return tokens;
	};

	test("and takes nothing gets no more than its bound, whatever waits for it", async () => {
		const take = fixture.taking(null);
		for (const token of await registerSome(20)) await take(token, push("1"));
		fixture.state.device = AWAY;
		for (let count = 0; count < unifiedPushBounds.presences.is.burst - 1; count++) {
			await fixture.sending.presence(JID);
			await untilFree(20);
		}
		await fixture.sending.online(JID);
		await untilFree(20);
		expect(fixture.sent.length).toBeLessThanOrEqual(unifiedPushBounds.wakes.is.burst);
		// The next look has it.
		fixture.state.device = HERE;
		fixture.clock.now += 1_800_000;
		fixture.sending.start();
		await fixture.untilWaiting(0);
	});

	test("and takes what it gets has no such bound", async () => {
		const take = fixture.taking(null);
		const tokens = await registerSome(20);
		const rounds = unifiedPushBounds.wakes.is.burst / 20 + 2;
		for (let round = 0; round < rounds; round++) {
			for (const token of tokens) await take(token, push("1"));
			await fixture.sending.presence(JID);
			await fixture.untilWaiting(0);
		}
		expect(fixture.sent).toHaveLength(rounds * 20);
	});
});
