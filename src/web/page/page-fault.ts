/** Why something could not be done on this page: as the kit says, or by the browser. */
import { Fault, type FaultReason } from "../kit/fault.ts";
import { reasonOf } from "../kit/reason.ts";
import { PushServiceAway } from "../this-browser.ts";

export type PageFault =
	| FaultReason
	/** The browser's own push service gave no subscription; `reason` is the browser's, cut. */
	| { kind: "push-service-away"; reason: string }
	/** The browser refused to keep something; `reason` likewise. */
	| { kind: "browser-refused"; reason: string };

export type PageFaultKind = PageFault["kind"];

const said = (error: unknown) =>
	reasonOf({ text: error instanceof Error ? error.message || error.name : String(error) });

export function faultOf(error: unknown): PageFault {
	if (error instanceof Fault) return error.reason;
	if (error instanceof PushServiceAway) return { kind: "push-service-away", reason: said(error) };
	return { kind: "browser-refused", reason: said(error) };
}
