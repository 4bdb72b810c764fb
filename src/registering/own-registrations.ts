/** What owners do with their own registrations: list, test, rename and end them. They reach nobody else's. */
import { registrationBounds } from "../limits/bounds/registrations.ts";
import { createBuckets } from "../limits/token-buckets.ts";
import { type Keyring, splitOpenNode } from "../secrets.ts";
import type { Invites } from "../store/invites.ts";
import type { Registrations } from "../store/registrations/registrations.ts";
import type { Answer, Registration } from "../types.ts";
import type { Registrar, Which } from "../xmpp/commands/registrar.ts";
import { partyOfOwner } from "../xmpp/party.ts";
import { UNIFIED_PUSH } from "../xmpp/unified-push.ts";
import type { AppChoice } from "./app-choice.ts";
import { knownNode, type NodeSource } from "./nodes.ts";
import { plainReason } from "./plain-reason.ts";
import { NOT_TESTED, testOutcome } from "./test-push.ts";

export interface OwnRegistrationsDeps {
	registrations: Pick<Registrations, "ofOwner" | "remove" | "nameDevice">;
	keyring: Pick<Keyring, "openNode" | "underCurrentKey" | "usable">;
	nodes: NodeSource;
	invites: Pick<Invites, "names">;
	/** Sends TEST_PUSH to a registration whose owner asks for it. @param node the row's */
	testPush(node: string): Promise<Answer>;
	now(): number;
}

/**
 * @param choice which apps a client may mean
 * @param refusalOf counts a write of this owner; a sentence: the owner may not write now
 */
export function createOwnRegistrations(
	deps: OwnRegistrationsDeps,
	choice: Pick<AppChoice, "fitting">,
	refusalOf: (owner: string) => Promise<string | undefined>,
): Pick<Registrar, "list" | "test" | "rename" | "remove"> {
	const { registrations, keyring } = deps;
	const takeTest = createTestLimit(deps.now);

	const known = async (registration: Registration): Promise<Registration> => ({
		...registration,
		node: await knownNode(registration, deps),
	});

	function byNode(nodes: readonly string[]) {
		const current = (node: string) => keyring.underCurrentKey(node);
		// What was imported may have a dot in its node.
		const plain = new Set([...nodes, ...nodes.map((node) => splitOpenNode(node)?.node ?? node)].map(current));
		return ({ node }: Registration) => plain.has(current(node));
	}

	function byDevice({ device, app }: Exclude<Which, { nodes: unknown }>) {
		const names = app && choice.fitting(app).map(({ name }) => name);
		return (registration: Registration) =>
			registration.device === device && (names?.includes(registration.app) ?? true);
	}

	/** Among the owner's own only: a node alone gives access to nothing. */
	async function ownersOwn(owner: string, which: Which): Promise<Registration[]> {
		const all = await registrations.ofOwner(owner);
		return all.filter("nodes" in which ? byNode(which.nodes) : byDevice(which));
	}

	return {
		async list(owner) {
			const all = await registrations.ofOwner(owner);
			const invited = new Set(all.flatMap(({ invite }) => invite ?? []));
			const names = await deps.invites.names([...invited]);
			return Promise.all(
				all.map(async (one) => ({
					...(await known(one)),
					...(one.lastError !== undefined && { lastError: plainReason(one.lastError) }),
					...(one.invite !== undefined && { invite: names.get(one.invite) ?? one.invite }),
				})),
			);
		},

		async test(owner, which) {
			const [one, ...more] = await ownersOwn(owner, which);
			if (!one) return { kind: "nothing" };
			if (more.length > 0) return { kind: "several" };
			if (one.app === UNIFIED_PUSH) {
				return { kind: "tested", node: one.node, outcome: testOutcome(NOT_TESTED) };
			}
			const waitMs = takeTest(owner);
			if (waitMs > 0) return { kind: "too-often", waitMs };
			const { node } = await known(one);
			return { kind: "tested", node, outcome: testOutcome(await deps.testPush(one.node)) };
		},

		async rename(owner, which, deviceName) {
			const renamed: Registration[] = [];
			for (const one of await ownersOwn(owner, which)) {
				if ((await refusalOf(owner)) !== undefined) return { kind: "too-often" };
				const isThere = await registrations.nameDevice(one.node, deviceName);
				if (isThere) renamed.push({ ...(await known(one)), deviceName });
			}
			return { kind: "renamed", registrations: renamed };
		},

		async remove(owner, which) {
			const ended: Registration[] = [];
			for (const one of await ownersOwn(owner, which)) {
				if (await registrations.remove(one.node)) ended.push(await known(one));
			}
			return ended;
		},
	};
}

/**
 * How often test pushes may be sent. A domain can make any number of bare JIDs, so each domain has a limit too.
 * @returns takes a test push for an owner. 0: it may be sent; otherwise how many ms to wait
 */
function createTestLimit(now: () => number): (owner: string) => number {
	const owners = createBuckets(registrationBounds.testPushes.is, now);
	const domains = createBuckets(registrationBounds.domainTestPushes.is, now);
	return (owner) => {
		// One account that tests too often takes nothing from its neighbours.
		const waitMs = owners.wait(owner) || domains.take(partyOfOwner(owner));
		return waitMs || owners.take(owner);
	};
}
