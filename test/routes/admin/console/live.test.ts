import { expect, test } from "bun:test";
import { createLiveStreams, type LiveOptions } from "../../../../src/routes/admin/console/live.ts";
import type { ConsoleSession } from "../../../../src/routes/admin/console/sessions.ts";
import type { Happened, KeptEvent } from "../../../../src/store/console/events.ts";

const session = (id: string, endsAt = Number.POSITIVE_INFINITY): ConsoleSession => ({
	id,
	endsAt,
	formToken: "",
});

const event = (reason = "410 gone"): Happened => ({
	at: 1,
	kind: "ended",
	node: "node",
	owner: "romeo@example.net",
	app: "webpush",
	reason,
	decider: "provider",
	decidedBy: "Mozilla",
});

const kept = (reason: string, id: string): KeptEvent => ({
	...event(reason),
	id,
	count: 1,
	isStrangers: false,
});

function start(options: Partial<LiveOptions> = {}) {
	const listeners = new Set<(happened: Happened) => void>();
	const live = createLiveStreams({
		listen(listener) {
			listeners.add(listener);
			return () => listeners.delete(listener);
		},
		...options,
	});
	const open = (id = "one", endsAt?: number) => {
		const opened = live.open(session(id, endsAt));
		return "body" in opened ? opened.body.getReader() : opened.tooMany;
	};
	const reader = (id = "one", endsAt?: number) => {
		const opened = open(id, endsAt);
		if (typeof opened === "string") throw new Error(opened);
		return opened;
	};
	const tell = (one: Happened) => {
		for (const hear of listeners) hear(one);
	};
	return { live, open, reader, listeners, tell };
}
type Reader = ReturnType<ReturnType<typeof start>["reader"]>;
const next = async (reader: Reader) => {
	const { value, done } = await reader.read();
	return done ? undefined : new TextDecoder().decode(value);
};

test("a page is told at once, in one line of JSON whatever the event holds", async () => {
	const { reader, tell } = start();
	const stream = reader();
	expect(await next(stream)).toBe("retry: 5000\n\n");
	tell(event('<script>\n\r\u2028event: more"'));
	const said = (await next(stream)) ?? "";
	expect(said.split("\n")).toHaveLength(4);
	const { kind, what, owner, reason } = JSON.parse(said.split("\n")[1]?.slice("data: ".length) ?? "");
	expect({ kind, what, owner, reason }).toEqual({
		kind: "ended",
		what: "Ended",
		owner: "romeo@example.net",
		reason: '<script>\n\r\u2028event: more"',
	});
});

test("of more than twenty in a second, a page is told how many there were beside them", async () => {
	const { reader, tell } = start();
	const streams = [reader(), reader("other")];
	for (let i = 0; i < 500; i++) tell(event(`${i}`));
	for (const stream of streams) {
		await next(stream);
		for (let i = 0; i < 20; i++) expect(await next(stream)).toStartWith("event: happened\n");
		expect(await next(stream)).toBe("event: more\ndata: 480\n\n");
	}
});

test("four of a session, thirty-two of all: nobody takes the places of others", () => {
	const { open, live } = start();
	for (let i = 0; i < 4; i++) expect(open("one")).not.toBeString();
	for (let i = 0; i < 100; i++) expect(open("one")).toBe("session");
	for (let i = 4; i < 32; i++) expect(open(`${i}`)).not.toBeString();
	for (let i = 0; i < 1000; i++) expect(open(`x${i}`)).toBe("all");
	expect(live.count()).toBe(32);
});

test("whoever does not read is dropped, and others go on", async () => {
	const state = { now: 0 };
	const { reader, tell, live } = start({ now: () => state.now });
	const slow = reader("slow");
	const quick = reader("quick");
	for (let i = 0; i < 200; i++) {
		state.now += 1000;
		tell(event("x".repeat(1000)));
		await next(quick);
	}
	expect(live.count()).toBe(1);
	let read = 0;
	while ((await next(slow)) !== undefined) read++;
	expect(read).toBeLessThan(70);
	await quick.cancel();
	expect(live.count()).toBe(0);
});

test("a comment comes every while; one that ended is closed with its session", async () => {
	const state = { now: 0 };
	const { reader, live } = start({ now: () => state.now, commentMs: 5 });
	const stream = reader("one", 1000);
	await next(stream);
	expect(await next(stream)).toBe(": still here\n\n");
	state.now = 1000;
	for (;;) if ((await next(stream)) === undefined) break;
	expect(live.count()).toBe(0);
});

test("signing out closes a session's streams, and only those; without streams nothing listens", async () => {
	const { reader, live, listeners } = start();
	const [one, other] = [reader("one"), reader("other")];
	live.end("one");
	await next(one);
	expect(await next(one)).toBeUndefined();
	expect([live.count(), listeners.size]).toEqual([1, 1]);
	await other.cancel();
	expect([live.count(), listeners.size]).toEqual([0, 0]);
});

test("what other processes wrote down comes within the minute, and what was told is not told again", async () => {
	const written: KeptEvent[] = [kept("before", "1")];
	const { reader, tell } = start({
		othersMs: 5,
		events: {
			list: async ({ since, limit }) => ({
				events: written
					.filter(({ id }) => since === undefined || Number(id) > Number(since))
					.toReversed()
					.slice(0, limit),
			}),
		},
	});
	const stream = reader();
	await next(stream);
	await Promise.resolve();
	tell(event("ours"));
	expect(await next(stream)).toContain("ours");
	written.push(kept("ours", "2"), kept("theirs", "3"));
	const said = await next(stream);
	expect(said).toContain("theirs");
});
