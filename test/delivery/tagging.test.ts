import { describe, expect, test } from "bun:test";
import type { PublishRequest } from "../../src/delivery/admission.ts";
import { openTagging } from "../../src/delivery/tagging.ts";
import { openTaggingDomains, type TaggingDomains } from "../../src/store/local/tagging-domains.ts";
import { parsePublish } from "../../src/xmpp/publish.ts";
import { options, parse, publishIq } from "../xmpp/parse.ts";
import { taggedPublishes } from "../xmpp/tagged-publishes.ts";
import { away, HIGH, openDeliveryFixture, readableLog } from "./delivery-fixture.ts";

const DAY_MS = 86_400_000;
const NOON = 20_000 * DAY_MS;

/** A file in memory that counts what is written. */
function keptInMemory() {
	const rows = new Map<string, number>();
	const written: string[] = [];
	const kept: TaggingDomains = {
		load: async (from, to, limit) =>
			[...rows]
				.map(([domain, taggedAt]) => ({ domain, taggedAt }))
				.filter(({ taggedAt }) => taggedAt >= from && taggedAt <= to)
				.slice(0, limit),
		async save(domain, taggedAt) {
			rows.set(domain, taggedAt);
			written.push(domain);
		},
		async forget(domain) {
			rows.delete(domain);
		},
		async keep(from, to) {
			for (const [domain, at] of rows) if (at < from || at > to) rows.delete(domain);
		},
	};
	return { kept, rows, written };
}

async function scene({ most }: { most?: number } = {}) {
	const clock = { now: NOON };
	const file = keptInMemory();
	const { log, lines } = readableLog();
	const open = () => openTagging({ kept: file.kept, log, now: () => clock.now, ...(most && { most }) });
	return { ...file, clock, open, tagging: await open(), log, lines };
}

describe("a domain that tagged", () => {
	test("is known by its name alone, by the next process too, and until 14 days after it tagged last", async () => {
		const { tagging, open, clock } = await scene();
		expect(tagging.has("example.org")).toBeFalse();
		tagging.note("example.org");
		expect(tagging.has("example.org")).toBeTrue();
		for (const other of ["chat.example.org", "example.net", "org"]) expect(tagging.has(other)).toBeFalse();
		clock.now += 10 * DAY_MS;
		tagging.note("example.org");
		clock.now += 14 * DAY_MS - 1;
		expect(tagging.has("example.org")).toBeTrue();
		expect((await open()).has("example.org")).toBeTrue();
		clock.now += 1;
		expect(tagging.has("example.org")).toBeFalse();
		expect((await open()).has("example.org")).toBeFalse();
	});

	test("is written once a day at the most, and never for being asked about", async () => {
		const { tagging, written, clock } = await scene();
		for (let hour = 0; hour < 48; hour++) {
			for (let publish = 0; publish < 100; publish++) tagging.note("example.org");
			tagging.has("example.org");
			clock.now += DAY_MS / 24;
		}
		expect(written).toEqual(["example.org", "example.org"]);
	});

	test("is not known for years where the clock was wrong once", async () => {
		const { tagging, written, clock } = await scene();
		clock.now += 3_000 * DAY_MS;
		tagging.note("example.org");
		clock.now = NOON;
		expect(tagging.has("example.org")).toBeFalse();
		tagging.note("example.org");
		expect(written).toHaveLength(2);
		expect(tagging.has("example.org")).toBeTrue();
	});

	test("goes from the file too, once it is forgotten", async () => {
		const { tagging, rows, clock } = await scene();
		tagging.note("old.example");
		rows.set("future.example", clock.now + 3_000 * DAY_MS);
		clock.now += 15 * DAY_MS;
		tagging.note("new.example");
		expect([...rows.keys()]).toEqual(["new.example"]);
	});

	test("is known until the process ends where the file cannot be written", async () => {
		const { log, lines, kept } = await scene();
		const failing = { ...away(kept), load: kept.load };
		const tagging = await openTagging({ kept: failing, log, now: () => NOON });
		tagging.note("example.org");
		expect(tagging.has("example.org")).toBeTrue();
		await tagging.written();
		expect(lines.join()).toContain("could not be saved");
	});
});

describe("where names cost nothing", () => {
	const names = (count: number, domain: string) => Array.from({ length: count }, (_, n) => `${n}.${domain}`);

	test("a stranger's ten thousand names push nobody else out, and take nobody's place", async () => {
		const { tagging, rows } = await scene();
		for (const name of names(30_000, "stranger.example")) tagging.note(name);
		expect(rows.size).toBe(10_000);
		for (const name of names(500, "late.example")) tagging.note(name);
		const others = Array.from({ length: 500 }, (_, n) => `late-${n}.example`);
		for (const name of others) tagging.note(name);
		for (const name of names(30_000, "stranger.example")) tagging.note(name);
		expect(others.filter(tagging.has)).toHaveLength(500);
		expect(names(500, "late.example").filter(tagging.has)).toHaveLength(500);
		expect(rows.size).toBe(10_000);
	});

	test("several strangers end in equal parts, and what they write comes to an end", async () => {
		const { tagging, written } = await scene({ most: 30 });
		const round = () => {
			for (const domain of ["a.example", "b.example", "c.example"]) {
				for (const name of names(100, domain)) tagging.note(name);
			}
		};
		for (let n = 0; n < 10; n++) round();
		const before = written.length;
		for (let n = 0; n < 10; n++) round();
		expect(written.length).toBe(before);
		expect(before).toBeLessThan(100);
	});

	test("where each has but one, those that came first stay", async () => {
		const { tagging, rows } = await scene({ most: 4 });
		for (const name of names(4, "stranger.example")) tagging.note(name);
		for (const domain of ["b.example", "c.example", "d.example", "e.example"]) tagging.note(domain);
		expect([...rows.keys()]).toEqual(["3.stranger.example", "b.example", "c.example", "d.example"]);
	});

	test("a name longer than any in the DNS is not remembered", async () => {
		const { tagging, written } = await scene();
		tagging.note("x".repeat(256));
		tagging.note("x".repeat(255));
		expect(written).toHaveLength(1);
	});
});

/** A delivery with a memory of its own, and one device. */
async function openDevice() {
	const { tagging, written } = await scene();
	const fixture = await openDeliveryFixture();
	const { registration, secret } = await fixture.register();
	const delivery = fixture.compose({ tagging });
	/** @returns the class in which it was pushed; undefined: it was not */
	async function classOf(request: Partial<PublishRequest>) {
		const calls = fixture.service.calls.length;
		fixture.service.program.splice(0, Number.POSITIVE_INFINITY, { kind: "delivered" });
		const publisher = "capulet.example";
		await delivery.publish({ node: registration.node, secret, publisher, notification: HIGH, ...request });
		return fixture.service.calls[calls]?.notification.class;
	}
	const publishOf = (content: string): Partial<PublishRequest> => {
		const [pubsub] = parse(publishIq(content, options({ secret: "S" }))).getChildElements();
		if (!pubsub) throw new Error("no payload");
		const { notification, tag } = parsePublish(pubsub);
		return { notification, ...(tag && { tag }) };
	};
	return { fixture, classOf, publishOf, written, secret, tagging };
}

const CLASSES: Record<string, string> = { "a text": "high", "a call": "voip" };
const IMPORTANT = ["a text", "a message encrypted with OMEMO", "OMEMO's keys alone", "a call"];

describe("of what Prosody publishes with mod_cloud_notify_extensions", () => {
	test("only what it tags rings, once it tagged: not typing, receipts, markers and reactions", async () => {
		const { fixture, classOf, publishOf } = await openDevice();
		// Nobody knows yet.
		const [, typing] = taggedPublishes;
		expect(await classOf(publishOf(typing?.encrypted ?? ""))).toBe("high");
		const became: Record<string, string | undefined> = {};
		for (const { kind, encrypted } of taggedPublishes) became[kind] = await classOf(publishOf(encrypted));
		const expected = taggedPublishes.map(({ kind }) => [
			kind,
			IMPORTANT.includes(kind) ? (CLASSES[kind] ?? "high") : "low",
		]);
		expect(became).toEqual(Object.fromEntries(expected));
		await fixture.close();
	});

	test("a server that never tags is not known to mean anything by it: all that is encrypted rings", async () => {
		const { fixture, classOf, publishOf } = await openDevice();
		for (const { encrypted } of taggedPublishes) {
			const untagged = encrypted.replace(/<priority.*/, "");
			expect(await classOf(publishOf(untagged))).not.toBe("low");
		}
		await fixture.close();
	});
});

describe("a domain is taught", () => {
	const given = { tag: "given" } as const;
	const missing = { tag: "missing", notification: { class: "high" } } as const;

	test("by nothing but its own verified publish", async () => {
		const { fixture, classOf, written, secret } = await openDevice();
		await classOf({ ...given, secret: `${secret.slice(0, -4)}AAAA` });
		await classOf({ ...given, publisher: "elsewhere.example" });
		await classOf({ ...given, node: fixture.keyring.createNode() });
		await classOf({});
		await classOf(missing);
		expect(written).toEqual([]);
		await classOf(given);
		expect(written).toEqual(["capulet.example"]);
		await fixture.close();
	});

	test("not where a device's token is enough, which anybody may make up", async () => {
		const { tagging, written } = await scene();
		const fixture = await openDeliveryFixture();
		const { registration } = await fixture.register();
		const delivery = fixture.compose({ tagging, admit: async () => ({ node: registration.node }) });
		fixture.service.program.push({ kind: "delivered" });
		const request = { node: "token", pushModule: "monal", publisher: "capulet.example", notification: HIGH };
		expect(await delivery.publish({ ...request, ...given })).toMatchObject({ kind: "done" });
		expect(written).toEqual([]);
		await fixture.close();
	});

	test("and nothing is made of it for another domain, or for what speaks for itself", async () => {
		const { fixture, classOf, tagging } = await openDevice();
		tagging.note("elsewhere.example");
		expect(await classOf(missing)).toBe("high");
		tagging.note("capulet.example");
		expect(await classOf(missing)).toBe("low");
		expect(await classOf({ notification: HIGH })).toBe("high");
		expect(await classOf({ ...given, notification: { class: "high" } })).toBe("high");
		await fixture.close();
	});

	test("into the outbox's file, which the next process reads", async () => {
		const fixture = await openDeliveryFixture();
		const kept = openTaggingDomains(fixture.outboxFile.db);
		const open = () => openTagging({ kept, log: fixture.log, now: () => fixture.clock.now });
		const tagging = await open();
		tagging.note("example.org");
		await tagging.written();
		expect((await open()).has("example.org")).toBeTrue();
		await fixture.close();
	});
});
