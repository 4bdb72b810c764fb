/**
 * What Apple's push service demands of a request, in the order in which it is checked here. Beside what Apple
 * refuses, also what it takes and then shows to nobody: a test must not pass with that.
 * Source: Apple, "Sending notification requests to APNs", "Generating a remote notification".
 */
import type { Refusal } from "./apns-provider-token.ts";

/** The parts of a push that the rules speak of. */
export interface ApnsRequest {
	method: string;
	path: string;
	/** Lower-case names. */
	headers: Readonly<Record<string, string | undefined>>;
	body: Uint8Array;
	/** The sender's credentials, checked already. */
	credentials: Refusal | undefined;
	/** The bundle ids these credentials may send for. */
	topics: readonly string[];
	/** Milliseconds since the epoch. */
	now: number;
}

const TYPES = ["alert", "background", "voip"];
const LIMITS: Readonly<Record<string, number>> = { voip: 5120 };
const YEAR_S = 365 * 24 * 60 * 60;

/** Applies the rules. @returns the first broken one; undefined when the push is to be delivered */
export function refusal(request: ApnsRequest): Refusal | undefined {
	const { headers, body } = request;
	const malformed = (reason: string, why: string): Refusal => ({ status: 400, reason, why });
	if (request.method !== "POST") return { status: 405, reason: "MethodNotAllowed" };
	const token = /^\/3\/device\/([^/?]*)$/.exec(request.path)?.[1];
	if (token === undefined) return { status: 404, reason: "BadPath", why: request.path };
	if (request.credentials) return request.credentials;
	if (token === "") return malformed("MissingDeviceToken", request.path);
	if (!/^([0-9a-f]{2})+$/.test(token)) return malformed("BadDeviceToken", token);

	const type = headers["apns-push-type"] ?? "";
	if (!TYPES.includes(type)) return malformed("InvalidPushType", type);
	const topic = headers["apns-topic"];
	if (topic === undefined || topic === "") return malformed("MissingTopic", "none");
	const ofVoip = topic.endsWith(".voip");
	if (!request.topics.includes(topic.replace(/\.voip$/, ""))) return malformed("TopicDisallowed", topic);
	if (ofVoip !== (type === "voip")) return malformed("TopicDisallowed", `${topic} with ${type}`);

	const priority = headers["apns-priority"] ?? "10";
	if (!["10", "5", "1"].includes(priority)) return malformed("BadPriority", priority);
	if (type === "background" && priority !== "5")
		return malformed("BadPriority", `background with ${priority}`);

	// Seconds: milliseconds would be tens of thousands of years ahead.
	const expiration = headers["apns-expiration"] ?? "0";
	const ahead = Number(expiration) - request.now / 1000;
	if (!/^\d{1,12}$/.test(expiration) || (expiration !== "0" && (ahead < -300 || ahead > YEAR_S)))
		return malformed("BadExpirationDate", expiration);
	const collapse = headers["apns-collapse-id"] ?? "";
	if (Buffer.byteLength(collapse) > 64) return malformed("BadCollapseId", collapse);
	const id = headers["apns-id"];
	if (id !== undefined && !/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id))
		return malformed("BadMessageId", id);

	if (body.length === 0) return malformed("PayloadEmpty", "no body");
	if (body.length > (LIMITS[type] ?? 4096))
		return { status: 413, reason: "PayloadTooLarge", why: `${body.length} bytes` };
	const fault = payloadFault(type, body);
	return fault === undefined ? undefined : malformed("PayloadEmpty", fault);
}

/** What makes a payload useless for its type. */
function payloadFault(type: string, body: Uint8Array): string | undefined {
	let payload: { aps?: Record<string, unknown> };
	try {
		payload = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
	} catch {
		return "not JSON";
	}
	const { aps } = payload;
	if (typeof aps !== "object" || aps === null) return "no aps";
	if ("mutable-content" in aps && aps["mutable-content"] !== 1) return "mutable-content is not the number 1";
	if (type === "alert" && !aps.alert) return "an alert without alert";
	if (type !== "background") return undefined;
	if (aps["content-available"] !== 1) return "background without content-available";
	for (const seen of ["alert", "sound", "badge"]) if (seen in aps) return `background with ${seen}`;
	return undefined;
}
