/** Looks, every second and whenever it is asked, at what is due for UnifiedPush devices, and begins with it. */
import type { UnifiedPushMessages } from "../../store/unified-push/messages.ts";
import type { Lanes } from "./lanes.ts";

const EVERY_MS = 1_000;
/** Registrations that are begun with in one round. */
const AT_ONCE = 30;
/** How often one look asks on, where it found registrations that are sent to already. */
const ROUNDS = 10;

export interface Looks {
	start(): void;
	/** One waits that nobody claimed. Before the start it does nothing. */
	now(): void;
	/** @returns resolves once none is made any more */
	stop(): Promise<void>;
}

export interface LooksDeps {
	messages: Pick<UnifiedPushMessages, "due" | "standBehind" | "takeBack">;
	lanes: Pick<Lanes, "free" | "has" | "flush">;
	/** Without a connection nothing is begun with. */
	isConnected(): boolean;
	/** How the names of this connector's processes begin in the leases, and this one's. */
	prefix: string;
	claimant: string;
	/** The database is away; undefined: it answered. */
	onFault(error: unknown): void;
}

export function createLooks({ messages, lanes, isConnected, prefix, claimant, onFault }: LooksDeps): Looks {
	let isTakenBack = false;
	let isStarted = false;
	let isStopped = false;
	/** A look was asked for that has not begun. */
	let isAsked = false;
	let timer: ReturnType<typeof setTimeout> | undefined;
	let looking: Promise<void> | undefined;

	async function look(): Promise<void> {
		try {
			if (!isTakenBack) await messages.takeBack(prefix, claimant);
			isTakenBack = true;
			await beginDue();
			onFault(undefined);
		} catch (error) {
			onFault(error);
		}
	}

	/** What is due for a device that is sent to now waits for that: devices that do not answer keep nobody from their turn. */
	async function beginDue(): Promise<void> {
		for (let count = 0; count < ROUNDS; count++) {
			const free = isConnected() ? Math.min(AT_ONCE, lanes.free()) : 0;
			const nodes = free > 0 ? await messages.due(free) : [];
			const busy = nodes.filter(lanes.has);
			for (const node of nodes) lanes.flush(node);
			if (busy.length === 0) return;
			await messages.standBehind(busy);
		}
	}

	/** One at a time, however many ask. */
	async function lookWhileAsked(): Promise<void> {
		while (isAsked && !isStopped) {
			isAsked = false;
			await look();
		}
		looking = undefined;
		if (!isStopped) timer = setTimeout(begin, EVERY_MS);
	}

	function begin() {
		clearTimeout(timer);
		isAsked = true;
		looking ??= lookWhileAsked();
	}

	return {
		start() {
			isStarted = true;
			begin();
		},

		now() {
			if (isStarted && !isStopped) begin();
		},

		async stop() {
			isStopped = true;
			clearTimeout(timer);
			await looking;
		},
	};
}
