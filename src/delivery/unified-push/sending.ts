/**
 * Takes what waits for UnifiedPush devices to them. All of it is in the shared database, so that any connector of it may
 * send it: it is claimed by whoever took it in, by whoever hears that the device is online, or when its time has come.
 */
import type { Logger } from "@logtape/logtape";
import type { Element } from "@xmpp/xml";
import { unifiedPushBounds } from "../../limits/bounds/unified-push.ts";
import { createBuckets } from "../../limits/token-buckets.ts";
import { about } from "../../messages/about.ts";
import { nodeForm, type OwnerForm } from "../../messages/whom.ts";
import type { Keyring } from "../../secrets.ts";
import { faultOf } from "../../store/database-fault.ts";
import type { Registrations } from "../../store/registrations/registrations.ts";
import type { KeptMessage, UnifiedPushMessages } from "../../store/unified-push/messages.ts";
import type { Outcome, Registration } from "../../types.ts";
import { bareOf, resourceOf } from "../../xmpp/jid.ts";
import { partyOfOwner } from "../../xmpp/party.ts";
import { UNIFIED_PUSH } from "../../xmpp/unified-push.ts";
import { byOf, whose } from "../journal/outcome-notes.ts";
import type { Journal } from "../journal.ts";
import type { Results } from "../outcomes/push-results.ts";
import { createAsking } from "./asking.ts";
import { createLanes } from "./lanes.ts";
import { createLooks } from "./looks.ts";
import { createWakes } from "./wakes.ts";

export interface UnifiedPushSending {
	/** Who claims a further push for this registration; undefined: there is no room in memory, and the next look finds it. */
	claimantFor(node: string): string | undefined;
	/** Sends a push that was claimed. @param isBehind others wait for the same registration */
	send(registration: Registration, message: KeptMessage, isBehind: boolean): void;
	/** One waits that nobody claimed. */
	look(): void;
	/** A client is there, as something else than presence shows. @param jid its full JID */
	online(jid: string): Promise<void>;
	/** The same at presence, which anybody may send any number of times. */
	presence(jid: string): Promise<void>;
	/** An answer to a stanza of ours came. */
	answered(answer: Element): void;
	/** A registration ended. */
	ended(registration: Registration): void;
	start(): void;
	/** Claims no more; what is on its way within `withinMs` is answered, and the rest is left to others. */
	stop(withinMs: number): Promise<void>;
}

export interface UnifiedPushSendingDeps {
	messages: UnifiedPushMessages;
	registrations: Pick<Registrations, "find" | "findAtPrimary" | "forget">;
	keyring: Pick<Keyring, "conceal">;
	/** Sends a stanza from the address in it, if there is a connection. */
	send(stanza: Element): void;
	/** Whether a component is connected: without one nothing reaches a device. */
	isConnected(): boolean;
	/** Counts a device's answer. */
	count(outcome: Outcome): void;
	results: Pick<Results, "add">;
	journal: Pick<Journal, "sent" | "note">;
	/** By what this connector is known, over its restarts. */
	connector: string;
	ownerForm: OwnerForm;
	log: Logger;
	now?: () => number;
	deadlineMs?: number | undefined;
}

export function createUnifiedPushSending(deps: UnifiedPushSendingDeps): UnifiedPushSending {
	const { messages, registrations, count, results, journal, log, now = Date.now } = deps;
	// Each process has a name of its own: what an earlier one claimed is nobody's.
	const claimant = `${deps.connector} ${crypto.randomUUID()}`;
	const owners = createBuckets(unifiedPushBounds.presences.is, now);
	const parties = createBuckets(unifiedPushBounds.partyPresences.is, now);
	const wakes = createWakes(now);
	const fault = createFaultWarning(log);
	const asking = createAsking({ ...deps, claimant, late, now });
	const lanes = createLanes({ messages, registrations, claimant, deliver, onFault: fault });
	const prefix = `${deps.connector} `;
	const { isConnected } = deps;
	const looks = createLooks({ messages, lanes, isConnected, prefix, claimant, onFault: fault });
	/** The last of them; they are removed in their order. */
	let removing: Promise<void> = Promise.resolve();

	/** The device took one that nobody waited for any more, or refused it. */
	async function late(id: number, jid: string, outcome: Outcome): Promise<void> {
		const node = await messages.nodeOf(id, UNIFIED_PUSH, jid);
		if (node !== undefined && outcome.kind === "retry") return messages.putOffOne(id);
		const registration = node === undefined ? undefined : await registrations.find(node);
		if (!registration) return;
		const sentAt = now() - (deps.deadlineMs ?? unifiedPushBounds.answerTime.is);
		if (outcome.kind === "gone") return forget(registration, sentAt);
		results.add(registration, "delivered");
		await messages.remove([id]);
		lanes.flush(registration.node);
	}

	/** The app is gone: so is its registration, unless the device renewed it since. */
	async function forget(registration: Registration, sentAt: number): Promise<void> {
		const { node, token, owner } = registration;
		if (!(await registrations.forget(node, token, sentAt))) return;
		await messages.removeOf(node);
		journal.note({
			kind: "ended",
			...whose(registration),
			app: UNIFIED_PUSH,
			reason: "the app is gone",
			decider: "provider",
			decidedBy: "its phone",
			// Who makes and ends any number of them has reached none.
			isStrangers: registration.lastSuccessAt === undefined,
			by: byOf(registration),
		});
		log.info("{app}: a device of {owner} says that an app is gone: its registration {node} was removed.", {
			app: UNIFIED_PUSH,
			owner: deps.ownerForm(owner),
			node: nodeForm(node),
		});
	}

	async function deliver(registration: Registration, message: KeptMessage): Promise<boolean> {
		const at = now();
		const outcome = await asking.ask(message, registration);
		if (outcome === undefined) return true;
		count(outcome);
		// Being away is no failure: it is what most of this is for.
		if (outcome.kind !== "delivered" && outcome.kind !== "gone") return false;
		journal.sent(registration.node, UNIFIED_PUSH, { at, ms: now() - at, outcome });
		if (outcome.kind === "gone") await forget(registration, at);
		else {
			results.add(registration, "delivered");
			wakes.putBack(registration.owner);
			// The next push does not wait for it: what cannot be removed now is sent again when its lease ends.
			removing = messages.remove([message.id]).catch(fault);
		}
		return outcome.kind === "delivered";
	}

	async function online(jid: string): Promise<void> {
		const { free, claimed } = await messages.waitingFor(UNIFIED_PUSH, jid);
		const mayWake = () => wakes.take(bareOf(jid));
		const ours = new Set([...free, ...claimed.filter(lanes.has)]);
		for (const node of ours) if (mayWake()) lanes.flush(node);
		// What another connector is about to put off, since it heard before that the device is away.
		const others = claimed.filter((node) => !lanes.has(node) && !ours.has(node) && mayWake());
		if (others.length === 0) return;
		await messages.hasten(others, claimant);
		// It may have been put off just before.
		const { free: nowFree } = await messages.waitingFor(UNIFIED_PUSH, jid);
		for (const node of nowFree) if (others.includes(node)) lanes.flush(node);
	}

	return {
		claimantFor: (node) => (lanes.hasRoom(node) && deps.isConnected() ? claimant : undefined),
		send: lanes.add,

		look: looks.now,

		online,

		async presence(jid) {
			const owner = bareOf(jid);
			if (resourceOf(jid) === undefined || owners.take(owner) > 0) return;
			if (parties.take(partyOfOwner(owner)) > 0) return;
			await online(jid);
			asking.isBack(jid);
		},

		answered: asking.take,

		ended({ app, node }) {
			if (app === UNIFIED_PUSH) messages.removeOf(node).catch(() => {});
		},

		start: looks.start,

		async stop(withinMs) {
			await looks.stop();
			await Promise.race([lanes.stop(), new Promise((resolve) => setTimeout(resolve, withinMs))]);
			await removing;
			await messages.giveBack(claimant).catch(fault);
		},
	};
}

/** @returns warns once for each time that the database is away. @param error undefined: it answered */
function createFaultWarning(log: Logger): (error: unknown) => void {
	let isAway = false;
	return (error) => {
		if (error !== undefined && !isAway)
			log.warn(
				"The database {database} does not answer, so pushes for UnifiedPush devices wait. It is asked again every second: {error}",
				about("unifiedpush-away", { error: faultOf(error) }),
			);
		isAway = error !== undefined;
	};
}
