/** Whom a command means that is told a node, the beginning of one, or an account. */
import { expect, test } from "bun:test";
import { operatorOf } from "../../../../src/bun/commands/operator/ask.ts";
import { text } from "../../../../src/bun/commands/operator/show.ts";
import { nodesEverOf, nodesOf } from "../../../../src/bun/commands/operator/whom.ts";
import type { EventView, RegistrationView } from "../../../../src/web/console/wire.ts";

const PHONE = "S7ul-BozPHONEabcdefghijklmA";
const TABLET = "S7ul-BozTABLETbcdefghijklmA";
const ENDED = "S7ul-BofENDEDabcdefghijklmA";

/** A page each: rows and events that are found, whatever is asked. */
function operator(
	rows: readonly { node: string; owner?: string }[],
	events: readonly { node?: string; kind?: string; owner?: string }[] = [],
) {
	return operatorOf(async (path) => {
		const { pathname, searchParams } = new URL(path, "http://reveille");
		const begins = searchParams.get("begins") ?? "";
		if (pathname === "/operator/events") return Response.json({ events, today: "" });
		const isFound = ({ node, owner = "" }: { node: string; owner?: string }) =>
			node.startsWith(begins) || owner.startsWith(begins);
		const found = rows.filter(isFound);
		// One on each page.
		const at = Number(searchParams.get("after") ?? 0);
		return Response.json({
			rows: found.slice(at, at + 1),
			...(at + 1 < found.length && { next: String(at + 1) }),
		});
	}, true);
}

test("a node by its beginning, as the log has it, where one alone begins so", async () => {
	const asked = operator([{ node: PHONE }, { node: TABLET }]);
	expect(await nodesOf(asked, PHONE.slice(0, 12))).toEqual([PHONE]);
	expect(await nodesOf(asked, `${TABLET.slice(0, 12)}…`)).toEqual([TABLET]);
	expect(await nodesOf(asked, PHONE)).toEqual([PHONE]);
});

test("where several begin so they are named, and none is taken", async () => {
	const asked = operator([{ node: PHONE }, { node: TABLET }]);
	await expect(nodesOf(asked, "S7ul-Boz")).rejects.toThrow(
		`2 nodes begin with "S7ul-Boz": ${PHONE}, ${TABLET}. Type more of the one that is meant.`,
	);
});

test("few characters are no beginning: end must not guess", async () => {
	await expect(nodesOf(operator([{ node: PHONE }]), "S7ul-Bo")).rejects.toThrow("is no node that is known");
});

test("one that ended, by what is told of it; what strangers publish to is no beginning of anything", async () => {
	const asked = operator([], [{ node: ENDED, kind: "ended" }]);
	expect(await nodesEverOf(asked, ENDED.slice(0, 12))).toEqual([ENDED]);
	const strange = operator([], [{ node: ENDED, kind: "wrong-node" }]);
	await expect(nodesEverOf(strange, ENDED.slice(0, 12))).rejects.toThrow("is no node that is known");
	expect(await nodesEverOf(strange, ENDED)).toEqual([ENDED]);
});

test("a node that is an account's beginning too is found behind the pages of that", async () => {
	const rows = [{ node: "other", owner: `${PHONE}@example.net` }, { node: PHONE }];
	expect(await nodesOf(operator(rows), PHONE)).toEqual([PHONE]);
});

test("show tells of a device what happened to it, and not to its owner's others", () => {
	const event = (node: string | undefined, reason: string): EventView => ({
		id: reason,
		at: 0,
		kind: "ended",
		what: "Ended",
		reason,
		decider: "operator",
		decidedBy: "The operator",
		...(node !== undefined && { node }),
	});
	const view: RegistrationView = {
		node: PHONE,
		isEnded: true,
		owner: "romeo@example.net",
		device: "Ended device",
		title: "It ended",
		text: "",
		state: "off",
		events: [event(PHONE, "its own"), event(TABLET, "the tablet's"), event(undefined, "of the account")],
		known: [],
		others: [],
		isBarred: false,
	};
	const said = text(view);
	expect(said).toContain("its own");
	expect(said).toContain("of the account");
	expect(said).not.toContain("the tablet's");
});
