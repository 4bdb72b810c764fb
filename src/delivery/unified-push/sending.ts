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
import type { KeptMessage, UnifiedPushMessages } from "../../store/unified-push-messages.ts";
import type { Outcome, Registration } from "../../types.ts";
import { bareOf, resourceOf } from "../../xmpp/jid.ts";
import { partyOfOwner } from "../../xmpp/party.ts";
import { UNIFIED_PUSH } from "../../xmpp/unified-push.ts";
import type { Journal } from "../journal.ts";
import type { Results } from "../outcomes/push-results.ts";
import { createAsking } from "./asking.ts";

const LOOK_EVERY_MS = 1_000;
/** Registrations that are begun with in one look. */
const AT_ONCE = 30;

export interface UnifiedPushSending {
	/** Who claims a further push for this registration; undefined: there is no room in memory, and the next look finds it. */
	claimantFor(node: string): string | undefined;
	/** Sends a push that was claimed. @param isBehind others wait for the same registration */
	send(registration: Registration, message: KeptMessage, isBehind: boolean): void;
	/** One waits that nobody claimed. */
	look(): void;
	/** A client is there. @param jid who sent presence, or registered */
	online(jid: string): Promise<void>;
	/** An answer to a stanza of ours came. */
	answered(answer: Element): void;
	/** A registration ended. */
	ended(registration: Registration): void;
	start(): Promise<void>;
	/** Claims no more; what is on its way within `withinMs` is answered, and the rest is left to others. */
	stop(withinMs: number): Promise<void>;
}

export interface UnifiedPushSendingDeps {
	messages: UnifiedPushMessages;
	registrations: Pick<Registrations, "find" | "findAtPrimary" | "forget">;
	keyring: Pick<Keyring, "conceal">;
	/** Sends a stanza from the address in it, if there is a connection. */
	transmit(stanza: Element): void;
	/** Whether a component is connected: without one nothing reaches a device. */
	isConnected(): boolean;
	/** Counts a device's answer. @param ms how long it took */
	count(outcome: Outcome, ms: number): void;
	results: Pick<Results, "add">;
	journal: Pick<Journal, "sent">;
	/** This connector's, stable over its restarts. */
	claimant: string;
	ownerForm: OwnerForm;
	log: Logger;
	now?: () => number;
	deadlineMs?: number | undefined;
}

/** What is sent to one registration, one after the other. */
interface Lane {
	waiting: KeptMessage[];
	/** More waits in the database. */
	isBehind: boolean;
}

export function createUnifiedPushSending(deps: UnifiedPushSendingDeps): UnifiedPushSending {
	const { messages, registrations, count, results, journal, claimant, log, now = Date.now } = deps;
	const lanes = new Map<string, Lane>();
	const running = new Set<Promise<void>>();
	const owners = createBuckets(unifiedPushBounds.presences.is, now);
	const parties = createBuckets(unifiedPushBounds.partyPresences.is, now);
	const { send: transmit, ...options } = {
		send: deps.transmit,
		keyring: deps.keyring,
		now,
		deadlineMs: deps.deadlineMs,
	};
	const asking = createAsking({ send: transmit, late, ...options });
	const fault = createFaultWarning(log);
	let held = 0;
	let isStopped = false;
	let timer: ReturnType<typeof setTimeout> | undefined;
	let looking: Promise<void> | undefined;

	/** The device took one that nobody waited for any more, or refused it. */
	async function late(id: number, jid: string, outcome: Outcome): Promise<void> {
		if (outcome.kind === "retry") return;
		const node = await messages.nodeOf(id, UNIFIED_PUSH, jid);
		const registration = node === undefined ? undefined : await registrations.find(node);
		if (!registration) return;
		const sentAt = now() - (deps.deadlineMs ?? unifiedPushBounds.answerTime.is);
		if (outcome.kind === "gone") return void (await forget(registration, sentAt));
		results.add(registration, "delivered");
		await messages.remove([id]);
		await flush(registration.node);
	}

	/** The app is gone: so is its registration, unless the device renewed it since. */
	async function forget(registration: Registration, sentAt: number): Promise<void> {
		const { node, token, owner } = registration;
		if (!(await registrations.forget(node, token, sentAt))) return;
		await messages.removeOf(node);
		log.info("{app}: a device of {owner} says that an app is gone: its registration {node} was removed.", {
			app: UNIFIED_PUSH,
			owner: deps.ownerForm(owner),
			node: nodeForm(node),
		});
	}

	/** @returns whether the device may get the next one */
	async function sendOne(registration: Registration, message: KeptMessage): Promise<boolean> {
		const at = now();
		const outcome = await asking.ask(message, registration);
		const ms = now() - at;
		count(outcome, ms);
		journal.sent(registration.node, UNIFIED_PUSH, { at, ms, outcome });
		switch (outcome.kind) {
			case "delivered":
				results.add(registration, "delivered");
				await messages.remove([message.id]);
				return true;
			case "gone":
				await forget(registration, at);
				return false;
			default:
				// Being away is no failure: it is what most of this is for.
				return false;
		}
	}

	async function refill(node: string, lane: Lane): Promise<void> {
		const claimed = await messages.claim(node, claimant, unifiedPushBounds.atOnce.is);
		lane.isBehind = claimed.length === unifiedPushBounds.atOnce.is;
		lane.waiting.push(...claimed);
		held += claimed.length;
	}

	/** The device takes no more for now. What comes into the lane meanwhile waits too. */
	async function putOff(node: string, lane: Lane): Promise<void> {
		do {
			held -= lane.waiting.length;
			lane.waiting = [];
			lane.isBehind = false;
			await messages.putOff(node, claimant);
		} while (lane.waiting.length > 0);
	}

	/** Sends what is in the lane and behind it, until the device takes no more. */
	async function run(node: string, lane: Lane, given?: Registration): Promise<void> {
		try {
			const registration =
				given ?? (await registrations.find(node)) ?? (await registrations.findAtPrimary(node));
			if (!registration) return await messages.removeOf(node);
			while (!isStopped) {
				if (lane.waiting.length === 0 && lane.isBehind) await refill(node, lane);
				const message = lane.waiting.shift();
				if (!message) break;
				held -= 1;
				if (await sendOne(registration, message)) continue;
				await putOff(node, lane);
				// The device came while they were put off.
				if (!lane.isBehind) break;
			}
		} catch (error) {
			// Their lease ends, and then they are tried again.
			fault(error);
		} finally {
			held -= lane.waiting.length;
			lanes.delete(node);
		}
	}

	function begin(node: string, lane: Lane, registration?: Registration): void {
		lanes.set(node, lane);
		const its: Promise<void> = run(node, lane, registration).finally(() => running.delete(its));
		running.add(its);
	}

	async function flush(node: string): Promise<void> {
		const lane = lanes.get(node);
		if (lane) lane.isBehind = true;
		else if (!isStopped) begin(node, { waiting: [], isBehind: true });
	}

	async function look(): Promise<void> {
		try {
			const free = !deps.isConnected() ? 0 : Math.min(AT_ONCE, unifiedPushBounds.inMemory.is - held);
			const nodes = free > 0 ? await messages.due(free) : [];
			for (const node of nodes) await flush(node);
			fault(undefined);
		} catch (error) {
			fault(error);
		}
		if (!isStopped) timer = setTimeout(lookNow, LOOK_EVERY_MS);
	}

	function lookNow() {
		clearTimeout(timer);
		looking = look();
	}

	return {
		claimantFor(node) {
			const isFull = held >= unifiedPushBounds.inMemory.is;
			const its = lanes.get(node)?.waiting.length ?? 0;
			const hasRoom = !isFull && its < unifiedPushBounds.atOnce.is;
			return hasRoom && !isStopped && deps.isConnected() ? claimant : undefined;
		},

		send(registration, message, isBehind) {
			held += 1;
			const lane = lanes.get(registration.node);
			if (!lane) return begin(registration.node, { waiting: [message], isBehind }, registration);
			if (message.topic !== undefined) {
				const before = lane.waiting.length;
				lane.waiting = lane.waiting.filter(({ topic }) => topic !== message.topic);
				held -= before - lane.waiting.length;
			}
			lane.waiting.push(message);
			lane.isBehind ||= isBehind;
		},

		look: () => void (isStopped || looking === undefined || lookNow()),

		async online(jid) {
			const owner = bareOf(jid);
			if (resourceOf(jid) === undefined || owners.take(owner) > 0 || parties.take(partyOfOwner(owner)) > 0)
				return;
			for (const node of await messages.waitingFor(UNIFIED_PUSH, jid)) await flush(node);
		},

		answered: asking.take,

		ended({ app, node }) {
			if (app === UNIFIED_PUSH) messages.removeOf(node).catch(() => {});
		},

		async start() {
			// What a process of this connector had claimed when it was killed.
			await messages.giveBack(claimant).catch(fault);
			lookNow();
		},

		async stop(withinMs) {
			isStopped = true;
			clearTimeout(timer);
			await looking;
			await Promise.race([Promise.all(running), new Promise((resolve) => setTimeout(resolve, withinMs))]);
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
