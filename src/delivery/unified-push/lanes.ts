/** Pushes of this connector on their way to UnifiedPush devices: to one registration, one after the other. */
import { unifiedPushBounds } from "../../limits/bounds/unified-push.ts";
import type { Registrations } from "../../store/registrations/registrations.ts";
import type { KeptMessage, UnifiedPushMessages } from "../../store/unified-push/messages.ts";
import type { Registration } from "../../types.ts";

export interface Lanes {
	/** Whether a further push for a registration may be held in memory. */
	hasRoom(node: string): boolean;
	/** Whether one is sent to now. */
	has(node: string): boolean;
	/** How many more registrations may be begun with. */
	free(): number;
	/** Sends a push that was claimed. @param isBehind others wait for the same registration */
	add(registration: Registration, message: KeptMessage, isBehind: boolean): void;
	/** Claims what waits for a registration, and sends it. */
	flush(node: string): void;
	/** Begins nothing more. @returns resolves when what is on its way is answered */
	stop(): Promise<unknown>;
}

export interface LanesDeps {
	messages: Pick<UnifiedPushMessages, "claim" | "putOff" | "removeOf">;
	registrations: Pick<Registrations, "find" | "findAtPrimary">;
	/** In the leases. */
	claimant: string;
	/** Sends one. @returns whether the device may get the next */
	deliver(registration: Registration, message: KeptMessage): Promise<boolean>;
	/** A database is away. */
	onFault(error: unknown): void;
}

const IN_MEMORY = unifiedPushBounds.inMemory.is;
const AT_ONCE = unifiedPushBounds.atOnce.is;

interface Lane {
	waiting: KeptMessage[];
	/** More waits in the database. */
	isBehind: boolean;
	/** The device came while one was sent: that it was not taken says nothing any more. */
	isWoken: boolean;
}

export function createLanes({ messages, registrations, claimant, deliver, onFault }: LanesDeps): Lanes {
	const lanes = new Map<string, Lane>();
	const running = new Set<Promise<void>>();
	let held = 0;
	let isStopped = false;

	async function refill(node: string, lane: Lane): Promise<void> {
		lane.isBehind = false;
		const claimed = await messages.claim(node, claimant, AT_ONCE);
		lane.isBehind ||= claimed.length === AT_ONCE;
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

	async function sendAll(node: string, lane: Lane, registration: Registration): Promise<void> {
		while (!isStopped) {
			if (lane.waiting.length === 0 && lane.isBehind) await refill(node, lane);
			const message = lane.waiting.shift();
			// At once: what comes a moment later begins a lane of its own.
			if (!message) return void lanes.delete(node);
			held -= 1;
			lane.isWoken = false;
			if (await deliver(registration, message)) continue;
			await putOff(node, lane);
			if (!lane.isWoken && lane.waiting.length === 0) return void lanes.delete(node);
			lane.isBehind ||= lane.isWoken;
		}
	}

	async function run(node: string, lane: Lane, given?: Registration): Promise<void> {
		try {
			const its = given ?? (await registrations.find(node)) ?? (await registrations.findAtPrimary(node));
			if (its) await sendAll(node, lane, its);
			else await messages.removeOf(node);
		} catch (error) {
			// Their lease ends, and then they are tried again.
			onFault(error);
		} finally {
			held -= lane.waiting.length;
			if (lanes.get(node) === lane) lanes.delete(node);
		}
	}

	function begin(node: string, lane: Lane, registration?: Registration): void {
		lanes.set(node, lane);
		const its: Promise<void> = run(node, lane, registration).finally(() => running.delete(its));
		running.add(its);
	}

	return {
		hasRoom: (node) => !isStopped && held < IN_MEMORY && (lanes.get(node)?.waiting.length ?? 0) < AT_ONCE,

		has: (node) => lanes.has(node),

		free: () => (isStopped ? 0 : IN_MEMORY - held),

		add(registration, message, isBehind) {
			held += 1;
			const lane = lanes.get(registration.node);
			if (!lane)
				return begin(registration.node, { waiting: [message], isBehind, isWoken: false }, registration);
			if (message.topic !== undefined) {
				const others = lane.waiting.filter(({ topic }) => topic !== message.topic);
				held -= lane.waiting.length - others.length;
				lane.waiting = others;
			}
			lane.waiting.push(message);
			lane.isBehind ||= isBehind;
		},

		flush(node) {
			const lane = lanes.get(node);
			if (lane) Object.assign(lane, { isBehind: true, isWoken: true });
			else if (!isStopped) begin(node, { waiting: [], isBehind: true, isWoken: false });
		},

		stop() {
			isStopped = true;
			return Promise.all(running);
		},
	};
}
