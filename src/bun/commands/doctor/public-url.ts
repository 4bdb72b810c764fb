/** Does PUBLIC_URL lead to this Reveille, and does the reverse proxy between say who asks? */
import { peerCertificate } from "../../../connector/server/peer-certificate.ts";
import { type Arrival, WATCHED_HEADER } from "../../../routes/request-watch.ts";
import { networkFailure } from "../../../services/network-failures.ts";
import type { Running } from "../running.ts";
import type { Context } from "./context.ts";
import { bad, type Finding, ok, timed, unknown, warn } from "./finding.ts";

/** How long it may take, ms. */
const DEADLINE_MS = 8_000;
const DAY_MS = 86_400_000;
/** A certificate that ends sooner is told, days: those that renew themselves do so before. */
const SOON_DAYS = 10;

const WHAT = "PUBLIC_URL";

/** Looks at it. @param get a `fetch` */
export async function lookAtPublicUrl(
	{ config, found, clocks }: Pick<Context, "config" | "found" | "clocks">,
	signal: AbortSignal,
	get: (url: string, init: RequestInit) => Promise<Response> = fetch,
): Promise<Finding[]> {
	const { publicUrl, role } = config;
	if (role === "connector") return [];
	if (publicUrl === undefined)
		return [unknown(WHAT, "it is not set: nobody but this machine has an address.")];
	const running = found.kind === "running" ? found.running : undefined;
	const word = running && (await wordOf(running));
	const url = `${publicUrl}/health`;
	const deadline = AbortSignal.any([signal, AbortSignal.timeout(DEADLINE_MS)]);
	const headers = { ...(word && { [WATCHED_HEADER]: word }) };
	let answer: Response;
	let ms: number;
	try {
		const init = { headers, redirect: "manual", signal: deadline } as const;
		({ value: answer, ms } = await timed(get(url, init)));
	} catch (error) {
		return [unreached(publicUrl, error, deadline)];
	}
	clocks.said(new URL(url).hostname, Date.parse(answer.headers.get("Date") ?? ""));
	const isReveille = await saysAlive(answer);
	const findings = await certificate(publicUrl, deadline);
	if (!running || !word) return [...findings, withoutWord(publicUrl, answer, { isReveille, role })];
	const arrival = await arrivalOf(running, word);
	if (!arrival) return [...findings, elsewhere(publicUrl, answer, isReveille)];
	const reached = ok(WHAT, `${publicUrl} leads to this Reveille.`, ms);
	return [...findings, reached, ...proxy(arrival, publicUrl, running.status.url)];
}

async function wordOf({ ask }: Running): Promise<string | undefined> {
	const answer = await ask("/doctor/request", { method: "POST" });
	const { word } = (await answer.json()) as { word: string | null };
	return word ?? undefined;
}

async function arrivalOf({ ask }: Running, word: string): Promise<Arrival | undefined> {
	const answer = await ask(`/doctor/request/${word}`);
	const { arrival } = (await answer.json()) as { arrival: Arrival | null };
	return arrival ?? undefined;
}

async function saysAlive(answer: Response): Promise<boolean> {
	const text = await answer.text().catch(() => "");
	return answer.status === 200 && /^\{"status":"alive"/.test(text.slice(0, 100));
}

function unreached(publicUrl: string, error: unknown, deadline: AbortSignal): Finding {
	const reason = deadline.aborted ? "no answer in time" : networkFailure(error);
	return bad(
		WHAT,
		`${publicUrl} is not reached from here: ${reason}. (Behind some routers a machine does not reach itself by its public name.)`,
		`curl -v ${publicUrl}/health, from another machine too; check its DNS record and the reverse proxy`,
	);
}

function elsewhere(publicUrl: string, answer: Response, isReveille: boolean): Finding {
	if (isReveille) {
		const text = `another Reveille than this one answers at ${publicUrl}. That is right where several share the address.`;
		return warn(WHAT, text, "if this is the only one, let the reverse proxy lead to its HOST and PORT");
	}
	const { status } = answer;
	const target = answer.headers.get("Location");
	if (status >= 300 && status < 400 && target !== null) {
		const text = `${publicUrl} redirects to another address, and clients of the API do not follow.`;
		return bad(WHAT, text, "set PUBLIC_URL to the address that it redirects to");
	}
	const text = `${publicUrl} leads elsewhere: something else answers there (status ${status}), and the request did not come to this Reveille.`;
	return bad(WHAT, text, "let the reverse proxy lead to HOST and PORT of Reveille, or correct PUBLIC_URL");
}

function withoutWord(
	publicUrl: string,
	answer: Response,
	{ isReveille, role }: { isReveille: boolean; role: string },
): Finding {
	if (isReveille && role === "http") {
		return ok(WHAT, `a Reveille answers at ${publicUrl}. Which one cannot be told with ROLE=http.`);
	}
	if (isReveille) {
		const text = `a Reveille answers at ${publicUrl}, and none runs with this DATA_DIR.`;
		return warn(WHAT, text, "run this with the DATA_DIR of the one that answers");
	}
	return unknown(
		WHAT,
		`no Reveille runs here, so that nobody can tell whether ${publicUrl} leads to it (status ${answer.status} now).`,
		"start Reveille, and run this again",
	);
}

async function certificate(publicUrl: string, signal: AbortSignal): Promise<Finding[]> {
	const url = new URL(publicUrl);
	if (url.protocol !== "https:") return [];
	const shown = await peerCertificate(url, signal);
	if (!shown) return [];
	const days = Math.floor((Date.parse(shown.until) - Date.now()) / DAY_MS);
	const what = "Certificate of PUBLIC_URL";
	if (days > SOON_DAYS) return [ok(what, `good until ${shown.until}.`)];
	return [warn(what, `it expires on ${shown.until}.`, "renew it; with certbot: certbot renew")];
}

/** Who asks is told by the proxy alone. */
function proxy({ peer, forwardedFor, isTrusted }: Arrival, publicUrl: string, own: string): Finding[] {
	const { protocol, port } = new URL(publicUrl);
	// It speaks no TLS itself.
	const isDirect = protocol === "http:" && (port || "80") === (new URL(own).port || "80");
	const what = "Reverse proxy";
	if (isDirect && forwardedFor === null) return [];
	const from = peer ?? "its address";
	if (forwardedFor === null) {
		return [
			bad(
				what,
				`the proxy at ${from} sends no X-Forwarded-For: all clients count as one, and its limits hold for all of them together.`,
				`in nginx: proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for; and set TRUSTED_PROXIES=${from}`,
			),
		];
	}
	if (isTrusted) return [ok(what, `the proxy at ${from} says who asks, and is believed.`)];
	return [
		bad(
			what,
			`the proxy at ${from} says who asks, and is not believed: all clients count as one.`,
			`set TRUSTED_PROXIES=${from}`,
		),
	];
}
