/** Sends what HTTP processes and edges handed over to the connectors of this database. */
import type { Logger } from "@logtape/logtape";
import { faultOf } from "../store/fault.ts";
import type { HandedOver, Handover } from "../store/handover.ts";
import type { Answer, Notification } from "../types.ts";

const LOOK_EVERY_MS = 1_000;
const AT_ONCE = 100;
/** Longer than a push may take: a connector that is gone leaves its rows to the others after this. */
const LEASE_MS = 60_000;

export interface HandoverLoop {
	/** Claims no more, and resolves when what was claimed is answered. */
	stop(): Promise<void>;
}

/** @param push answers `done` once the push is delivered or on disk; told when it was published, ms since the epoch */
export function startHandoverLoop(
	handover: Handover,
	push: (node: string, notification: Notification, publishedAt: number) => Promise<Answer>,
	log: Logger,
	claimant: string = crypto.randomUUID(),
): HandoverLoop {
	let stopped = false;
	let timer: ReturnType<typeof setTimeout> | undefined;
	/** One slow push holds up no other: rows are claimed as places get free. */
	const onItsWay = new Set<Promise<void>>();
	let looking: Promise<void> = look();

	async function look(): Promise<void> {
		try {
			const free = AT_ONCE - onItsWay.size;
			for (const row of free > 0 ? await handover.claim(claimant, free, LEASE_MS) : []) start(row);
		} catch (error) {
			log.warn("Handed-over pushes wait: {error}", { error: faultOf(error) });
		}
		if (!stopped) {
			timer = setTimeout(() => {
				looking = look();
			}, LOOK_EVERY_MS);
		}
	}

	function start(row: HandedOver) {
		const sending = send(row)
			.catch((error: unknown) =>
				log.warn("A handed-over push is left to its lease: {error}", { error: faultOf(error) }),
			)
			.finally(() => onItsWay.delete(sending));
		onItsWay.add(sending);
	}

	async function send({ id, node, notification, createdAt }: HandedOver) {
		const answer = await push(node, notification, createdAt);
		// What could not even be queued stays: its lease ends, and it is tried again.
		if (answer.kind !== "wait") await handover.remove(id);
	}

	return {
		async stop() {
			stopped = true;
			clearTimeout(timer);
			await looking;
			await Promise.all(onItsWay);
		},
	};
}
