/**
 * UnifiedPush endpoints: what apps' servers send to (RFC 8030 §5, with RFC 8291 bodies as a rule, and any other). Nothing
 * of a body is ever given out again, and a GET says the same of every path.
 */
import { Hono } from "hono";
import { unifiedPushBounds } from "../limits/bounds/unified-push.ts";
import { DISCOVERY, ENDPOINTS, receiptUrl } from "../syntax/endpoints.ts";
import type { AppDeps, RequestEnv, UnifiedPushDeps } from "./deps.ts";
import { keyMissing, unavailable } from "./errors.ts";
import { smallBody } from "./guards/body.ts";
import { noStore } from "./guards/no-store.ts";
import { rateLimit, tooMany } from "./guards/rate-limit.ts";
import { Problem } from "./problem.ts";

/** Where the sender says none: senders of before RFC 8030 know no such header. */
const DEFAULT_TTL_S = 86_400;
const URGENCIES = ["very-low", "low", "normal", "high"];
const TOPIC = new RegExp(`^[A-Za-z0-9_-]{1,${unifiedPushBounds.topic.is}}$`);

/** The sub-app, to be mounted at the root. */
export function unifiedPushRoutes({ unifiedPush, now }: Pick<AppDeps, "unifiedPush" | "now">) {
	const app = new Hono<RequestEnv>();
	if (!unifiedPush) return app;
	const { take, publicUrl } = unifiedPush;
	const limit = rateLimit(now ?? Date.now, {
		network: unifiedPushBounds.senderRate.is,
		site: unifiedPushBounds.siteRate.is,
	});

	app.get(`${ENDPOINTS}/:token`, (c) => c.json(DISCOVERY));
	app.post(`${ENDPOINTS}/:token`, limit, noStore, smallBody(unifiedPushBounds.body.is), async (c) => {
		const headers = {
			ttlSeconds: ttlOf(c.req.header("TTL")),
			topic: topicOf(c.req.header("Topic")),
		};
		checkUrgency(c.req.header("Urgency"));
		const body = new Uint8Array(await c.req.arrayBuffer());
		if (body.length === 0)
			throw new Problem("malformed-body", "The body is empty: there is nothing to push.");
		const { receipt, ttlSeconds } = await kept(take, c.req.param("token"), { ...headers, body });
		return c.body(null, 201, { Location: receiptUrl(publicUrl, receipt), TTL: String(ttlSeconds) });
	});
	return app;
}

/** @throws {Problem} for what is not kept */
async function kept(take: UnifiedPushDeps["take"], ...sent: Parameters<UnifiedPushDeps["take"]>) {
	const taken = await take(...sent);
	switch (taken.kind) {
		case "kept":
			return taken;
		case "unknown":
			throw new Problem("no-such-endpoint", "There was never such an endpoint here.");
		case "gone":
			throw new Problem("gone", "This endpoint has ended, and does not come back: forget it.");
		case "too-often":
			throw tooMany("to this endpoint", taken.waitMs);
		case "full":
			throw unavailable("There is no room for more pushes that wait. Try again later.");
		case "key-missing":
			throw keyMissing();
	}
}

function ttlOf(text: string | undefined): number {
	if (text === undefined) return DEFAULT_TTL_S;
	if (!/^\d{1,15}$/.test(text.trim())) throw malformed("TTL must be a whole number of seconds.");
	return Number(text);
}

function topicOf(text: string | undefined): string | undefined {
	if (text === undefined || TOPIC.test(text)) return text;
	throw malformed(`Topic must be at most ${unifiedPushBounds.topic.is} characters of base64url.`);
}

/** A client wakes for each push alike: it is only looked at. */
function checkUrgency(text: string | undefined): void {
	if (text !== undefined && !URGENCIES.includes(text.trim().toLowerCase()))
		throw malformed(`Urgency must be one of ${URGENCIES.join(", ")}.`);
}

const malformed = (detail: string) => new Problem("malformed-header", detail);
