/** The request of one push to an endpoint (RFC 8030), and its answer: the same whoever signed it. */
import type { Outcome, Push, PushClass } from "../../types.ts";
import { type EndpointPolicy, mayTellWhy } from "../endpoint.ts";
import { exchange, type Failure, type Fetch, type Reply } from "../exchange.ts";
import { timeToLive } from "../time-to-live.ts";
import { classify } from "./answers.ts";

/** RFC 8030 §5.3: how much of the device's battery a push is worth. */
const URGENCY: Readonly<Record<PushClass, string>> = {
	voip: "high", // someone is waiting to be answered
	high: "high", // someone wrote
	event: "normal", // the account changed: soon is enough
	low: "low", // for when the device is awake anyway
};

/** Why a push did not reach a host that a client chose: the same whether there is such a name, and whose it is. */
const UNREACHED = "the push service cannot be reached";

/** What a request says beside the push itself, prepared elsewhere since it takes time or chance. */
export interface RequestParts {
	/** The `Authorization` header. */
	authorization: string;
	/** The `Topic` header; none where each push stands for itself. */
	topic?: string | undefined;
	/** The encrypted message; without it the push only wakes. */
	content?: Uint8Array<ArrayBuffer> | undefined;
}

/**
 * Builds the request of one push.
 * @param endpoint where to, already checked
 */
export function buildRequest(
	endpoint: URL,
	push: Push,
	parts: RequestParts,
): { url: string; init: RequestInit & { headers: Record<string, string> } } {
	// Google refuses more than four weeks.
	const ttl = timeToLive(push.ttlSeconds);
	const headers: Record<string, string> = {
		Authorization: parts.authorization,
		TTL: String(ttl),
		Urgency: URGENCY[push.notification.class],
	};
	if (parts.topic !== undefined) headers.Topic = parts.topic;
	if (parts.content) {
		headers["Content-Encoding"] = "aes128gcm";
		headers["Content-Type"] = "application/octet-stream";
	}
	// Edge's service wants TTL said a second time, in its own words.
	if (endpoint.hostname.endsWith(".notify.windows.com"))
		headers["X-WNS-Cache-Policy"] = ttl === 0 ? "no-cache" : "cache";
	const init = { method: "POST", headers, ...(parts.content && { body: parts.content }) };
	return { url: endpoint.href, init };
}

/** Sends one push, and once more without content where that is too large. */
export async function sendTo(
	endpoint: URL,
	push: Push,
	{ content, ...parts }: RequestParts,
	how: { fetch: Fetch; policy: EndpointPolicy; now: () => number; signal: AbortSignal },
): Promise<Outcome> {
	const post = (parts: RequestParts): Promise<Reply | Failure> =>
		exchange(buildRequest(endpoint, push, parts), how);
	let reply = await post({ ...parts, content });
	// Too large for what is behind this endpoint: waking without content beats silence.
	if (reply.kind === "reply" && reply.status === 413 && content) reply = await post(parts);
	if (reply.kind === "reply") return classify(reply);
	return mayTellWhy(endpoint, how.policy)
		? reply
		: { kind: "retry", reason: UNREACHED, detail: reply.reason };
}
