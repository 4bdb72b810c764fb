/** How a connector is now: what the console shows of it, and what of that is kept each minute. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type OpenDatabase, openDatabase } from "../../src/bun/database/open.ts";
import { createLive, type LiveDeps, momentOf } from "../../src/connector/live.ts";
import { createGates } from "../../src/delivery/gates/gates.ts";
import { type Outbox, openOutbox } from "../../src/store/local/outbox.ts";

const NOW = 1_000_000;

let folder: string;
let file: OpenDatabase;
let outbox: Outbox;
beforeEach(async () => {
	folder = mkdtempSync(join(tmpdir(), "reveille-test-"));
	file = await openDatabase({ url: `file:${join(folder, "outbox.db")}`, migrations: "outbox" });
	outbox = await openOutbox(file.db);
});
afterEach(() => {
	file.client.close();
	rmSync(folder, { recursive: true, force: true });
});

const ADDRESSES = [{ address: "push.x.example" }, { address: "push@y.example/push" }];

function live(more: Partial<LiveDeps> = {}) {
	return createLive({
		config: { connections: ADDRESSES as never },
		connections: { onlineSince: () => new Map([["push.x.example", NOW - 5]]), status: () => "y is away" },
		outbox,
		gates: createGates({ now: () => NOW }),
		certificates: new Map([["apns", 2_000_000_000]]),
		replica: { freshAt: () => NOW - 700 },
		now: () => NOW,
		...more,
	});
}

const keep = (node: string, gate: string) =>
	outbox.put({
		node,
		class: "high",
		version: outbox.nextVersion(),
		notification: { class: "high" },
		attempts: 1,
		dueAt: NOW - 10_000,
		expiresAt: NOW + 1e6,
		gate,
	});

test("gates that are shut are told with since, until, why, and what waits for them", async () => {
	const gates = createGates({ now: () => NOW, random: () => 0.5 });
	const device = { owner: "", party: "p" };
	for (let faults = 0; faults < 5; faults++) {
		const passage = gates.enter("fcm", { inFlight: 10 }, { device, isProven: true, isRetry: false });
		if (passage.kind === "go") passage.leave({ kind: "unwell", reason: "HTTP 503" });
	}
	gates.enter("apns", { inFlight: 10 }, { device, isProven: true, isRetry: false });
	await keep("a", "fcm");
	await keep("b", "fcm new");
	await keep("c", "apns");
	const now = await live({ gates })();
	expect(now.gates).toEqual([
		{ name: "fcm", app: "fcm", since: NOW, until: NOW + 2_000, why: "HTTP 503", waiting: 2 },
	]);
	expect(now).toMatchObject({
		gatesOpen: 1,
		inFlight: { apns: 1 },
		outbox: { entries: 3, oldestDueAt: NOW - 10_000 },
	});
});

test("servers that clients chose push no gate out of sight, however many of them fail", async () => {
	const gates = createGates({ now: () => NOW, random: () => 0.5 });
	const device = { owner: "", party: "p" };
	function shut(name: string, limits: Parameters<typeof gates.enter>[1]) {
		for (let faults = 0; faults < 5; faults++) {
			const passage = gates.enter(name, limits, { device, isProven: true, isRetry: false });
			if (passage.kind === "go") passage.leave({ kind: "unwell", reason: "HTTP 503" });
		}
	}
	const limits = { inFlight: 10, rate: { burst: 100, perSecond: 100 } };
	for (let at = 0; at < 60; at++) shut(`webpush https://d${at}.evil.example`, limits);
	shut("fcm", { inFlight: 10 });
	const now = await live({ gates })();
	expect(now.gates).toHaveLength(50);
	expect(now.gates[0]).toMatchObject({ name: "fcm", why: "HTTP 503" });
});

test("addresses, certificates and the replica's age are told", async () => {
	const now = await live()();
	expect(now).toEqual({
		gates: [],
		gatesOpen: 0,
		outbox: { entries: 0 },
		addresses: [
			{ address: "push.x.example", isOnline: true, since: NOW - 5 },
			{ address: "push@y.example/push", isOnline: false },
		],
		note: "y is away",
		inFlight: {},
		certificates: [{ app: "apns", endsAt: 2_000_000_000_000 }],
		replicaAgeMs: 700,
	});
	expect(momentOf(now, "capulet", () => NOW)).toEqual({
		host: "capulet",
		waiting: 0,
		oldestDueMs: 0,
		addresses: { "push.x.example": NOW - 5, "push@y.example/push": 0 },
		shut: [],
		replicaAgeMs: 700,
		note: "y is away",
	});
});
