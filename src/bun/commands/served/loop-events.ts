/** What the running Reveille tells `doctor` of a publish to its device: a line of JSON each. */

import type { Leg } from "../../../delivery/trial-devices.ts";

export type LoopEvent =
	/** The device is there, and may be published to. */
	| { kind: "device"; node: string; secret: string }
	/** The publish came so far. `body`: what the device read, once it has. */
	| { kind: "leg"; leg: Leg; at: number; body?: string };

/** Now, by a clock that two processes of this machine have in common, ms with a fraction. */
export const clock = () => performance.timeOrigin + performance.now();

/** What a component publishes to itself. */
export interface OwnPublish {
	address: string;
	node: string;
	secret: string;
	body: string;
}

/** When it was sent and answered, or why it was not. */
export type OwnPublished = { sentAt: number; answeredAt: number } | { failure: string };
