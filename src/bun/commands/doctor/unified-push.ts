/** Are UnifiedPush endpoints reached where PUBLIC_URL says that they are? */
import { networkFailure } from "../../../services/network-failures.ts";
import { DISCOVERY, endpointUrl } from "../../../syntax/endpoints.ts";
import type { Context } from "./context.ts";
import { bad, type Finding, ok, timed } from "./finding.ts";

/** How long it may take, ms. */
const DEADLINE_MS = 8_000;
const WHAT = "UnifiedPush";
const EXPECTED = JSON.stringify(DISCOVERY);

/** Asks as an app does that was given an endpoint. @param get a `fetch` */
export async function lookAtUnifiedPush(
	{ config }: Pick<Context, "config">,
	signal: AbortSignal,
	get: (url: string, init: RequestInit) => Promise<Response> = fetch,
): Promise<Finding[]> {
	if (!config.unifiedPush) return [];
	const { publicUrl } = config.unifiedPush;
	const url = endpointUrl(publicUrl, "doctor");
	const deadline = AbortSignal.any([signal, AbortSignal.timeout(DEADLINE_MS)]);
	const todo = `let the reverse proxy lead ${new URL(url).pathname.replace("doctor", "…")} to HOST and PORT of Reveille; curl ${url} must show ${EXPECTED}`;
	try {
		const { value: answer, ms } = await timed(get(url, { redirect: "manual", signal: deadline }));
		const text = await answer.text();
		if (answer.status !== 200 || text.slice(0, 100) !== EXPECTED)
			return [bad(WHAT, `endpoints are not reached at ${publicUrl} (status ${answer.status}).`, todo)];
		if (!publicUrl.startsWith("https:"))
			return [
				bad(
					WHAT,
					"endpoints begin with http:, and apps' servers take https alone.",
					"set PUBLIC_URL to the https address",
				),
			];
		return [ok(WHAT, `endpoints are reached at ${publicUrl}.`, ms)];
	} catch (error) {
		const reason = deadline.aborted ? "no answer in time" : networkFailure(error);
		return [bad(WHAT, `endpoints are not reached at ${publicUrl}: ${reason}.`, todo)];
	}
}
