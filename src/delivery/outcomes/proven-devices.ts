/**
 * Whose word counts: devices whose token was delivered to. Anybody can register a device that does not exist, and what
 * its push service says of it proves nothing about others.
 */
import { deliveryBounds } from "../../limits/bounds/delivery.ts";
import { createRecent } from "../../limits/recent-names.ts";
import type { Registration } from "../../types.ts";

export interface Proven {
	/** Its token was delivered to, as far as is known. */
	has(device: Device): boolean;
	/** Its token was delivered to just now. */
	note(device: Device): void;
}

type Device = Pick<Registration, "node" | "token" | "lastSuccessAt">;

/** How many first successes are remembered that the database may not tell of yet: it hears of them in batches. */
const KEPT = deliveryBounds.firstSuccesses.is;

export function createProven(): Proven {
	/** The token that was delivered to, by node. */
	const lately = createRecent<string>(KEPT);

	return {
		has: ({ node, token, lastSuccessAt }) => lastSuccessAt !== undefined || lately.get(node) === token,

		note({ node, token, lastSuccessAt }) {
			if (lastSuccessAt === undefined) lately.set(node, token);
		},
	};
}
