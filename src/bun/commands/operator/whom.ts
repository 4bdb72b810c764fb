/** The registrations that an operator means: one by its node, or all of an account. */
import type { FoundEvents, FoundRegistrations, RegistrationRow } from "../../../web/console/wire.ts";
import { StartError } from "../../start-error.ts";
import type { Typed } from "../command.ts";
import type { Operator } from "./ask.ts";
import { whoBegins } from "./proposals.ts";

/** What a command is told about. */
export const WHO = {
	brief: "A node, or an account such as romeo@example.net",
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

/** What somebody typed who meant an account, or half a node. */
const unknownNode = (who: string) =>
	new StartError(
		"registration-unknown",
		`${JSON.stringify(who)} is no node that is known, and no account, which has an @ in it. "reveille list ${who}" shows what begins so.`,
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

/** @throws {StartError} for a node of which nothing is known any more, if there ever was one */
async function knownNode(operator: Operator, node: string): Promise<string> {
	const [row] = (await operator.get<FoundRegistrations>("/registrations", { begins: node })).rows;
	if (row?.node === node) return node;
	const { events } = await operator.get<FoundEvents>("/events", { text: node });
	if (events.some((event) => event.node === node)) return node;
	throw unknownNode(node);
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
 * @param who a node or a bare JID, as it was typed
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
		`${owner} has no registration here. "reveille list" shows those that there are.`,
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
		`${owner} has no registration here, and nothing is told of any that ended. "reveille list" shows those that there are.`,
	);
}
