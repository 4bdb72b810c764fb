/** Whether an address is ours, and what the log says of it. */
import type { Logger } from "@logtape/logtape";
import { about } from "../../messages/about.ts";
import type { MessageId } from "../../messages/table.ts";
import type { StreamFailure } from "../stream/stream.ts";
import type { ConnectionTiming } from "./timing.ts";

export type ConnectionStatus =
	/** `fault`: another Reveille, with another database, is beside us, or it is not known yet whether one is. */
	| { kind: "online"; fault?: string }
	| { kind: "away"; reason: string }
	/** Another Reveille has the address; this one takes over when that is gone. */
	| { kind: "standby"; reason: string }
	/** Another session took the address: we do not fight for it. */
	| { kind: "stopped"; reason: string };

export interface StatusKeeper {
	now(): ConnectionStatus;
	/** Since when it is online, ms since the epoch; 0: it is not. */
	onlineSince(): number;
	online(isResumed: boolean): void;
	/** Another process has the address. */
	standBy(): void;
	/** It is away, and comes back at once where it was. */
	away(reason: string): void;
	/** It is away, and tries again in so many ms. */
	retrying(failure: StreamFailure, delayMs: number): void;
	/** A Reveille of another database has the address, which the log has been told. */
	foreign(reason: string): void;
	/** Another session took the address. @param options.isAskedFor whether it is taken back when it is free */
	taken(reason: string, options: { isAskedFor: boolean }): void;
}

export interface StatusDeps {
	address: string;
	kind: "account" | "component";
	timing: Pick<ConnectionTiming, "backoffLongest">;
	log: Pick<Logger, "info" | "warn" | "error">;
	now?: () => number;
}

/** What is so for many tries is said at the tenth, the twentieth, the fortieth, and so on. */
const FIRST_SAID_AGAIN = 10;
const isWorthSaying = (tries: number) =>
	tries % FIRST_SAID_AGAIN === 0 && Number.isInteger(Math.log2(tries / FIRST_SAID_AGAIN));

/** The messages of an address that is not online for a reason that a person must mend. */
const OFFLINE: Partial<Record<StreamFailure["kind"], MessageId>> = {
	credentials: "xmpp-login-refused",
	"address-held": "xmpp-address-held",
};

export function createStatus({ address, kind, timing, log, now = Date.now }: StatusDeps): StatusKeeper {
	let status: ConnectionStatus = { kind: "away", reason: "connecting" };
	let onlineAt = 0;
	/** Tries in a row that ended for the same reason. */
	let tries = 0;

	return {
		now: () => status,
		onlineSince: () => (status.kind === "online" ? onlineAt : 0),

		online(isResumed) {
			onlineAt = now();
			status = { kind: "online" };
			log.info(
				isResumed
					? "{address} is online: the stream was resumed, nothing was missed."
					: "{address} is online.",
				{ address },
			);
		},

		standBy() {
			if (status.kind === "standby") return;
			status = { kind: "standby", reason: `another Reveille has ${address}; this one stands by` };
			log.info("{address}: another Reveille has it. This one stands by, and takes over when that is gone.", {
				address,
			});
		},

		away(reason) {
			status = { kind: "away", reason };
		},

		retrying(failure, delayMs) {
			const { message: reason } = failure;
			const isNews = status.kind !== "away" || status.reason !== reason;
			status = { kind: "away", reason };
			tries = isNews ? 1 : tries + 1;
			// Who stands by asks often, and says it once.
			if (!isNews && (failure.kind === "address-held" || !isWorthSaying(tries))) return;
			log.warn(
				"{address} is not online: {reason} {tries}Next try {when}. {later}",
				about(OFFLINE[failure.kind] ?? "xmpp-away", {
					address,
					reason,
					tries: isNews ? "" : `It is so for ${tries} tries now. `,
					when: delayMs === 0 ? "at once" : `in ${secondsOf(delayMs)}`,
					later: laterTries(failure, { tries, delayMs, longestMs: timing.backoffLongest }),
				}),
			);
		},

		foreign(reason) {
			status = { kind: "stopped", reason };
		},

		taken(reason, { isAskedFor }) {
			status = { kind: "stopped", reason: `${address} was taken over by another session (${reason})` };
			const line =
				"{address} was taken over by another session ({reason}): {other}. This one leaves it alone, so that they do not fight, and goes on without it: end the other";
			log.error(
				isAskedFor
					? `${line}. This one asks every 30 s, and takes the address back when it is free.`
					: `${line}, then restart this.`,
				about("xmpp-address-taken", {
					address,
					reason,
					other:
						kind === "account"
							? "another Reveille with the same account and resource, or a chat client that uses this resource"
							: "another Reveille with the same domain",
				}),
			);
		},
	};
}

const secondsOf = (ms: number) => `${Math.round(ms / 100) / 10} s`;

/** What follows the next try, if that fails for the same reason, and when the log says so again. */
function laterTries(
	{ kind }: StreamFailure,
	{ tries, delayMs, longestMs }: { tries: number; delayMs: number; longestMs: number },
): string {
	const again = `this is logged again after ${tries === 1 ? FIRST_SAID_AGAIN : 2 * tries} tries, or when the reason changes.`;
	switch (kind) {
		case "address-held":
			return `It is tried every ${secondsOf(delayMs)}; this is logged again only when the reason changes.`;
		case "credentials":
			return `It is tried every ${secondsOf(delayMs)}; ${again}`;
		default:
			return tries === 1
				? `If that fails, the pauses between tries grow to ${secondsOf(longestMs)}; ${again}`
				: `The pauses between tries are ${secondsOf(longestMs)} at most; ${again}`;
	}
}
