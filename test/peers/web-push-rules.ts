/**
 * What Mozilla's push endpoint (autopush) demands of a request, in the order in which it is checked here.
 */
import { vapidFault } from "./vapid-check.ts";

/** Why a push is refused: the HTTP status, and Mozilla's own number for it. */
export interface Refusal {
	status: number;
	errno: number;
	message: string;
}

/** RFC 8030 §7.2: the body a push service must at least take, and Mozilla takes no more. */
const MAXIMUM_BODY = 4096;

/** The parts of a push that the rules speak of. */
export interface PushRequest {
	method: string;
	headers: Headers;
	body: Uint8Array;
	/** The origin of the endpoint. */
	origin: string;
	/** Whether someone is subscribed there; `gone` when no longer. */
	subscribed: "yes" | "gone" | "unknown";
	/** The `applicationServerKey` of the subscription, if it has one. */
	boundTo?: string | undefined;
}

/** Applies the rules. @returns the first broken one; undefined when the push is to be delivered */
export function refusal(push: PushRequest): Refusal | undefined {
	const { headers, body } = push;
	if (push.method !== "POST") return { status: 405, errno: 999, message: "only POST" };
	if (push.subscribed === "unknown") return { status: 404, errno: 102, message: "no such endpoint" };
	if (push.subscribed === "gone") return { status: 410, errno: 106, message: "no longer subscribed" };

	const fault = vapidFault(headers.get("authorization"), push.origin, push.boundTo);
	if (fault !== undefined) return { status: 401, errno: 109, message: fault };

	// RFC 8030 §5.2: mandatory, seconds.
	const ttl = headers.get("ttl");
	if (ttl === null) return { status: 400, errno: 111, message: "no TTL header" };
	if (!/^\d+$/.test(ttl)) return { status: 400, errno: 112, message: `TTL is ${ttl}` };

	// RFC 8030 §5.4.
	const topic = headers.get("topic");
	if (topic !== null && !/^[\w-]{1,32}$/.test(topic)) {
		return { status: 400, errno: 113, message: "Topic is not 1 to 32 characters of base64url" };
	}
	// RFC 8030 §5.3.
	const urgency = headers.get("urgency");
	if (urgency !== null && !["very-low", "low", "normal", "high"].includes(urgency)) {
		return { status: 400, errno: 114, message: `Urgency is ${urgency}` };
	}

	if (body.length > MAXIMUM_BODY) {
		return { status: 413, errno: 104, message: `a body of ${body.length} bytes` };
	}
	const encoding = headers.get("content-encoding");
	if (body.length > 0 && encoding !== "aes128gcm") {
		return { status: 400, errno: 110, message: `Content-Encoding is ${encoding}` };
	}
	return undefined;
}
