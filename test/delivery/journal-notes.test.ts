/** What the journal is told of gates, ends and sweeps: by whom, and what strangers bring about. */
import { beforeEach, expect, test } from "bun:test";
import { createEndNotes, createSweepNotes } from "../../src/delivery/journal/end-notes.ts";
import { createGateNotes } from "../../src/delivery/journal/gate-notes.ts";
import { createOutcomeNotes } from "../../src/delivery/journal/outcome-notes.ts";
import { createPublishNotes } from "../../src/delivery/journal/publish-notes.ts";
import { createJournal, type Journal } from "../../src/delivery/journal.ts";
import { NO_SUCH_REGISTRATION } from "../../src/delivery/push-item.ts";
import type { Registration } from "../../src/types.ts";

let journal: Journal;
beforeEach(() => {
	journal = createJournal({ now: () => 1 });
});

const told = () => journal.take().map(({ at: _, ...happened }) => happened);

const registration = (more: Partial<Registration> = {}): Registration => ({
	node: "n",
	owner: "romeo@montague.example",
	app: "fcm",
	device: "d",
	token: "t",
	registeredAt: 0,
	renewedAt: 0,
	lastSuccessAt: 1,
	...more,
});

test("nothing is noted of the address or the token of a device that never registered, which is no node", () => {
	const notes = createPublishNotes(journal);
	const notification = { class: "high" } as const;
	const times = { at: 1, ms: 1 };
	const gone = { kind: "unknown", reason: NO_SUCH_REGISTRATION } as const;
	const url = "https://push/secret";
	const apns = { kind: "apns", token: "abcd", topic: "t", sandbox: false } as const;
	notes({ node: url, push2: { kind: "endpoint", url }, notification }, `relay:a ${url}`, gone, times);
	notes({ node: "abcd", push2: apns, notification }, "module:ios:a:abcd", gone, times);
	expect(told()).toEqual([]);
	notes({ node: "n", secret: "s", notification }, "n", gone, times);
	expect(told()).toHaveLength(1);
});

test("an app's gate matters, and that of a host which a stranger chose is a stranger's", () => {
	const notes = createGateNotes(journal);
	notes.onShut("fcm", { kind: "unwell", reason: "HTTP 503" }, "all", false);
	notes.onShut("webpush https://up.example", { kind: "unwell", reason: "HTTP 500" }, "unproven", true);
	notes.onOpen("fcm", false);
	notes.onMass("webpush https://up.example");
	expect(told()).toEqual([
		{
			kind: "gate",
			app: "fcm",
			reason: "shut: HTTP 503",
			decider: "provider",
			decidedBy: "fcm",
			isStrangers: false,
		},
		{
			kind: "gate",
			app: "webpush",
			reason: "shut, for devices that no push was delivered to yet: HTTP 500",
			decider: "provider",
			decidedBy: "up.example",
			isStrangers: true,
		},
		{
			kind: "gate",
			app: "fcm",
			reason: "open again: its pushes go out",
			decider: "provider",
			decidedBy: "fcm",
			isStrangers: false,
		},
		{
			kind: "gate",
			app: "webpush",
			reason: "too many devices are said to be gone or refused: none is believed to be",
			decider: "reveille",
			decidedBy: "up.example",
			isStrangers: true,
		},
	]);
});

test("an end names who decided; a provider's is told where it is acted on", () => {
	const hear = createEndNotes(journal);
	hear(registration(), { decider: "owner", reason: "unregistered" });
	hear(registration(), { decider: "operator", reason: "barred" });
	hear(registration(), { decider: "provider", reason: "gone" });
	const { lastSuccessAt: _, ...unreached } = registration({ owner: "" });
	hear(unreached, { decider: "reveille", reason: "made room" });
	expect(told().map(({ owner, decidedBy, isStrangers }) => [owner, decidedBy, isStrangers])).toEqual([
		["romeo@montague.example", "The owner", false],
		["romeo@montague.example", "The operator", false],
		[undefined, "Reveille", true],
	]);
});

test("who makes and ends any number of registrations fills nothing", () => {
	const hear = createEndNotes(journal);
	const { lastSuccessAt: _, ...unreached } = registration({ party: "evil.example" });
	for (let at = 0; at < 1_000; at++) hear(unreached, { decider: "owner", reason: "unregistered" });
	hear(registration(), { decider: "owner", reason: "unregistered" });
	expect(told()).toHaveLength(22);
});

test("what was swept is told with its owner", () => {
	createSweepNotes(
		journal,
		90,
	)([
		{ node: "a", owner: "romeo@montague.example", app: "fcm", lastSuccessAt: 1 },
		{ node: "b", owner: "", app: "fcm", lastSuccessAt: null },
	]);
	expect(told()).toMatchObject([
		{
			node: "a",
			owner: "romeo@montague.example",
			decider: "sweep",
			reason: "neither renewed nor reached for 90 days",
		},
		{ node: "b", decider: "sweep", isStrangers: true },
	]);
});

test("the token of a device that never registered is in no event", () => {
	const notes = createOutcomeNotes(journal, { has: () => true });
	const sent = {
		registration: registration({ node: "module:monal:example.org:0011aabb", token: "0011aabb", owner: "" }),
		gate: "monal",
	} as never;
	notes.failed(sent, "HTTP 503");
	notes.refused(sent, "too large");
	notes.ended(sent, "410 Unregistered");
	const all = told();
	expect(all.map(({ kind, app }) => [kind, app])).toEqual([
		["failed", "fcm"],
		["refused", "fcm"],
		["ended", "fcm"],
	]);
	expect(JSON.stringify(all)).not.toContain("0011aabb");
});
