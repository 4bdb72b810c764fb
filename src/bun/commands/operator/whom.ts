/** The registrations that an operator means: one by its node, or all of an account. */
import type { FoundEvents, FoundRegistrations, RegistrationRow } from "../../../web/console/wire.ts";
import { PROGRAM } from "../../program.ts";
import { StartError } from "../../start-error.ts";
import type { Typed } from "../command.ts";
import type { Operator } from "./ask.ts";
import { whoBegins } from "./proposals.ts";

/** What a command is told about. */
export const WHO = {
	brief: "A node or its beginning, or an account such as romeo@example.net",
	placeholder: "NODE|JID",
	parse: String,
	proposeCompletions(this: Typed, begun: string) {
		return whoBegins(this.env, begun);
	},
};

/** For people, in UTC. @param at ms since the epoch */
export const time = (at: number | undefined) =>
	at === undefined ? "never" : `${new Date(at).toISOString().slice(0, 19).replace("T", " ")} UTC`;

const isAccount = (who: string) => who.includes("@");

/** Fewer characters are no beginning of a node: those of one key begin alike, and `end` must not guess. */
const SHORTEST = 8;
/** Pages that are looked through for one. */
const PAGES = 20;
const SHOWN = 5;

/** What somebody typed who meant an account, or half a node. */
const unknownNode = (who: string) =>
	new StartError(
		"registration-unknown",
		`${JSON.stringify(who)} is no node that is known, nor the beginning of one (${SHORTEST} characters or more), and no account, which has an @ in it. "${PROGRAM} list ${who}" shows what begins so.`,
	);

const severalNodes = (begun: string, nodes: readonly string[]) =>
	new StartError(
		"registration-unknown",
		`${nodes.length} nodes begin with ${JSON.stringify(begun)}: ${nodes.slice(0, SHOWN).join(", ")}${nodes.length > SHOWN ? ", …" : ""}. Type more of the one that is meant.`,
	);

/** All pages of a search, one after the other. */
export async function* searched(
	operator: Operator,
	query: Readonly<Record<string, string | undefined>>,
): AsyncGenerator<FoundRegistrations> {
	let after: string | undefined;
	do {
		const page: FoundRegistrations = await operator.get("/registrations", { ...query, after });
		yield page;
		after = page.next;
	} while (after !== undefined);
}

/**
 * @param typed a node or its beginning, as the log and lists have it
 * @throws {StartError} for a node of which nothing is known any more, if there ever was one, and where several begin so
 */
async function knownNode(operator: Operator, typed: string): Promise<string> {
	const begun = typed.replace(/…$/, "");
	for (const nodes of [registeredNodes(operator, begun), endedNodes(operator, begun)]) {
		const found = new Set<string>();
		for await (const node of nodes) {
			if (node === begun) return node;
			if (node.startsWith(begun) && begun.length >= SHORTEST) found.add(node);
		}
		if (found.size > 1) throw severalNodes(begun, [...found]);
		for (const node of found) return node;
	}
	throw unknownNode(begun);
}

async function* registeredNodes(operator: Operator, begun: string): AsyncGenerator<string> {
	let pages = 0;
	for await (const { rows } of searched(operator, { begins: begun })) {
		yield* rows.map(({ node }) => node);
		if (++pages === PAGES) return;
	}
}

/** Of which something is told still. What strangers publish to is theirs to choose: it counts as a whole alone. */
async function* endedNodes(operator: Operator, begun: string): AsyncGenerator<string> {
	let before: string | undefined;
	for (let pages = 0; pages < PAGES; pages++) {
		const { events, next }: FoundEvents = await operator.get("/events", { text: begun, before });
		for (const { node, kind } of events) {
			if (node !== undefined && (node === begun || kind !== "wrong-node")) yield node;
		}
		if (next === undefined) return;
		before = next;
	}
}

/** All registrations of an account. @param owner a bare JID */
async function ofAccount(operator: Operator, owner: string): Promise<RegistrationRow[]> {
	const all: RegistrationRow[] = [];
	for await (const { rows } of searched(operator, { begins: owner })) {
		all.push(...rows.filter((row) => row.owner === owner));
	}
	return all;
}

/**
 * @param who a node, its beginning or a bare JID, as it was typed
 * @returns nodes that are there; of a node itself whether or not it is
 * @throws {StartError} for an account that has none
 */
export async function nodesOf(operator: Operator, who: string): Promise<string[]> {
	if (!isAccount(who)) return [await knownNode(operator, who)];
	const owner = who.toLowerCase();
	const rows = await ofAccount(operator, owner);
	if (rows.length > 0) return rows.map(({ node }) => node);
	throw new StartError(
		"registration-unknown",
		`${owner} has no registration here. "${PROGRAM} list" shows those that there are.`,
	);
}

/** The same, and those that ended of which something is told still. */
export async function nodesEverOf(operator: Operator, who: string): Promise<string[]> {
	if (!isAccount(who)) return [await knownNode(operator, who)];
	const owner = who.toLowerCase();
	const nodes = new Set((await ofAccount(operator, owner)).map(({ node }) => node));
	const { events }: FoundEvents = await operator.get("/events", { text: owner });
	for (const event of events) if (event.owner === owner && event.node) nodes.add(event.node);
	if (nodes.size > 0) return [...nodes];
	throw new StartError(
		"registration-unknown",
		`${owner} has no registration here, and nothing is told of any that ended. "${PROGRAM} list" shows those that there are.`,
	);
}
