/** Registering over HTTP, for whoever types no password here: where the operator lets everybody (`REGISTRATION=open`). */
import { Fault } from "../kit/fault.ts";
import type { Registered, SubscriptionJson } from "../kit/kit.ts";

export interface OpenRegistration {
	/** Whether no token is needed. @throws {Fault} `http-away` */
	isOpen(): Promise<boolean>;
	/** @throws {Fault} */
	register(device: { subscription: SubscriptionJson; name: string }): Promise<Registered>;
}

/** Characters of Reveille's sentence that are shown. */
const LONGEST_REASON = 300;

/** ms for one answer. */
const ANSWER = 15_000;

/** @param base the URL that `/api/v1` stands under, without a slash at its end */
export function createOpenRegistration(ask: typeof fetch, base: string): OpenRegistration {
	async function answerOf(
		path: string,
		init: RequestInit,
	): Promise<{ ok: boolean; body: Record<string, unknown> }> {
		try {
			const answer = await ask(`${base}/api/v1/${path}`, { ...init, signal: AbortSignal.timeout(ANSWER) });
			const body: unknown = await answer.json();
			return { ok: answer.ok, body: body !== null && typeof body === "object" ? { ...body } : {} };
		} catch {
			throw new Fault({ kind: "http-away" });
		}
	}
	return {
		async isOpen() {
			const { ok, body } = await answerOf("services", {});
			return ok && body.registration === "open";
		},
		async register({ subscription, name }) {
			const { ok, body } = await answerOf("registrations", {
				method: "POST",
				headers: { "Content-Type": "application/json" },
				body: JSON.stringify({ subscription, deviceName: name }),
			});
			const { jid, node, secret, deviceSecret, detail } = body;
			if (!ok || typeof jid !== "string" || typeof node !== "string" || typeof deviceSecret !== "string") {
				const reason = typeof detail === "string" ? detail.slice(0, LONGEST_REASON) : "";
				throw new Fault({ kind: "reveille-refused", reason });
			}
			return typeof secret === "string" ? { jid, node, secret, deviceSecret } : { jid, node, deviceSecret };
		},
	};
}
