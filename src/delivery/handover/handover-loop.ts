/** Sends what HTTP processes and edges handed over to the connectors of this database. */

import type { Logger } from "@logtape/logtape";
import { about } from "../../messages/about.ts";
import { nodeForm } from "../../messages/whom.ts";
import { faultOf } from "../../store/database-fault.ts";
import type { HandedOver, Handover } from "../../store/handover.ts";
import type { Answer, Notification } from "../../types.ts";

const LOOK_EVERY_MS = 1_000;
/**
 * No more than may be on their way to one push service at once: what is not, waits where every connector finds it,
 * and not on the disk of one.
 */
const AT_ONCE = 30;
/** A connector that is gone leaves its rows to the others after this … */
const LEASE_MS = 20_000;
/** … and one that is there renews its leases so many times meanwhile: a push may be held back for a minute. */
const RENEWALS = 4;

export interface HandoverLoop {
	/** Claims no more, and resolves when what was claimed is answered. */
	stop(): Promise<void>;
}

/**
 * @param push answers `done` once the push is delivered or on disk; told when it was published, ms since the epoch
 * @param options.claimant this process, in the leases; random by default
 * @param options.onFull puts on disk what is held back: whoever publishes to one device without end would have all
 *   places
 */
export function startHandoverLoop(
	handover: Handover,
	push: (node: string, notification: Notification, publishedAt: number) => Promise<Answer>,
	log: Logger,
	{
		claimant = crypto.randomUUID(),
		leaseMs = LEASE_MS,
		onFull = async () => {},
	}: { claimant?: string; leaseMs?: number; onFull?: () => Promise<void> } = {},
): HandoverLoop {
	let stopped = false;
	let timer: ReturnType<typeof setTimeout> | undefined;
	/** There were as many rows as places, or more. */
	let isMore = false;
	/** The database could not be asked. */
	let isAway = false;
	/** By the id of its row. One slow push holds up no other: rows are claimed as places get free. */
	const onItsWay = new Map<string, Promise<void>>();
	let looking: Promise<void> = look();
	const renewing = setInterval(() => void renew(), leaseMs / RENEWALS);

	async function look(): Promise<void> {
		isMore = false;
		try {
			if (onItsWay.size >= AT_ONCE) await onFull();
			const free = AT_ONCE - onItsWay.size;
			const rows = free > 0 ? await handover.claim(claimant, free, leaseMs) : [];
			isMore = rows.length === free;
			isAway = false;
			for (const row of rows) start(row);
		} catch (error) {
			// Once: it is asked every second until the database is back.
			if (!isAway)
				log.warn(
					"The database {database} does not answer, so handed-over pushes wait. It is asked again every second: {error}",
					about("handover-away", { error: faultOf(error) }),
				);
			isAway = true;
		}
		if (!stopped) timer = setTimeout(lookNow, LOOK_EVERY_MS);
	}

	function lookNow() {
		clearTimeout(timer);
		looking = look();
	}

	async function renew() {
		if (onItsWay.size === 0) return;
		await handover
			.renew(claimant, [...onItsWay.keys()], leaseMs)
			.catch((error: unknown) =>
				log.warn(
					"{count} handed-over pushes that are on their way may be sent twice, because their leases cannot be renewed in {database}: {error}",
					about("handover-not-renewed", { count: onItsWay.size, error: faultOf(error) }),
				),
			);
	}

	function start(row: HandedOver) {
		const sending = send(row)
			.catch((error: unknown) =>
				log.warn(
					"A handed-over push to {node} could not be handled, and is tried again when its lease ends: {error}",
					about("handover-push-failed", { node: nodeForm(row.node), error: faultOf(error) }),
				),
			)
			.finally(() => {
				onItsWay.delete(row.id);
				if (isMore && !stopped && onItsWay.size <= AT_ONCE / 2) lookNow();
			});
		onItsWay.set(row.id, sending);
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
			await Promise.all(onItsWay.values());
			clearInterval(renewing);
		},
	};
}
