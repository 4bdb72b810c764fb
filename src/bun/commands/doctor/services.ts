/** Each push service: is it reached, and does it take our credentials? Nothing is pushed. */
import type { AppConfig } from "../../../config/apps.ts";
import { apnsUrl } from "../../../services/apns/apns.ts";
import { endpointPolicy } from "../../../services/endpoint.ts";
import { exchange, type Fetch } from "../../../services/exchange.ts";
import { createServices } from "../../../services/services-of-apps.ts";
import { UBUNTU_URL } from "../../../services/ubuntu/ubuntu.ts";
import { importVapidKey } from "../../../services/webpush/vapid-signature.ts";
import type { Outcome } from "../../../types.ts";
import { createFetches } from "../../fetch/fetches.ts";
import type { Context } from "./context.ts";
import { bad, type Finding, ok, reasonOf, timed, unknown, warn } from "./finding.ts";
import { ownKeyTexts } from "./own-key-texts.ts";

/** How long one may take, ms. */
const DEADLINE_MS = 10_000;

/** Where browsers' push services take pushes. */
const BROWSERS = [
	"https://updates.push.services.mozilla.com/",
	"https://fcm.googleapis.com/",
	"https://web.push.apple.com/",
	"https://wns2-par02p.notify.windows.com/",
];

/** Looks at all apps beside each other. */
export async function lookAtServices(context: Context, signal: AbortSignal): Promise<Finding[]> {
	const { config } = context;
	if (config.role === "http") return [];
	const looks = config.apps.map((app) => lookAtApp(app, context, signal));
	return withoutAny((await Promise.all(looks)).flat());
}

/** One that is away may have nobody's devices. Where none at all is reached, nobody is woken. */
export function withoutAny(findings: readonly Finding[]): Finding[] {
	if (findings.some(({ state }) => state === "ok")) return [...findings];
	return findings.map((found) => (found.state === "warn" ? { ...found, state: "bad" } : found));
}

async function lookAtApp(app: AppConfig, context: Context, signal: AbortSignal): Promise<Finding[]> {
	const what = `App ${app.name} (${app.service})`;
	const asked: string[] = [];
	const { effects, fetch } = await effectsFor(context, (origin) => asked.push(origin));
	let service: Awaited<ReturnType<typeof createServices>> extends ReadonlyMap<string, infer S> ? S : never;
	try {
		const made = (await createServices([app], effects)).get(app.name);
		if (!made) return [];
		service = made;
	} catch (error) {
		const todo = "download the credentials again from the push service, and name the new file";
		return [bad(what, reasonOf(error), todo)];
	}
	if (!service.check) {
		const urls = urlsOf(app, context);
		if (urls.length === 0) return [unknown(what, "its devices say where their pushes go.")];
		return reachAll(urls, { what, fetch, signal });
	}
	const deadline = AbortSignal.any([signal, AbortSignal.timeout(DEADLINE_MS)]);
	const { value, ms } = await timed(service.check(deadline));
	return [ofOutcome(value, { what, ms, origin: asked.at(-1) ?? originOf(app), clocks: context.clocks })];
}

const originOf = (app: AppConfig) => (app.service === "apns" ? new URL(apnsUrl(app)).origin : undefined);

/** What services are made with: each answer says what time it is, and by whom. */
async function effectsFor({ config, env, clocks }: Context, onAsked: (origin: string) => void) {
	const policy = endpointPolicy(config.webPush);
	const noting =
		(fetch: Fetch): Fetch =>
		async (url, init) => {
			const { origin, hostname } = new URL(url);
			onAsked(origin);
			const answer = await fetch(url, init);
			clocks.said(hostname, Date.parse(answer.headers.get("Date") ?? ""));
			return answer;
		};
	const fetches = createFetches({ policy, env, watching: noting });
	const keys = ownKeyTexts(config);
	const vapidKey = keys instanceof Error ? undefined : keys.vapidKey;
	const key = vapidKey && (await importVapidKey(vapidKey).catch(() => undefined));
	const vapid = { key: key || undefined, subject: config.vapid.subject };
	return {
		effects: { ...fetches, now: Date.now, policy, wns: config.wns, vapid },
		fetch: fetches.fetch,
	};
}

function ofOutcome(
	outcome: Outcome,
	{
		what,
		ms,
		origin,
		clocks,
	}: { what: string; ms: number; origin: string | undefined; clocks: Context["clocks"] },
): Finding {
	if (outcome.kind === "delivered") return ok(what, "its push service takes our credentials.", ms);
	const { reason } = outcome;
	if (outcome.kind === "misconfigured") {
		const text = `its credentials do not work: ${reason}. Its pushes wait.`;
		if (clocks.off().length > 0) {
			return bad(
				what,
				`${text} This machine's clock is wrong, and what is signed in another time is refused.`,
				"timedatectl set-ntp true, and run this again",
			);
		}
		return bad(what, text, "correct the app's key, its ids and its topic, and restart Reveille");
	}
	const text = `its push service cannot be asked: ${shortened(reason)}. Its pushes wait.`;
	return bad(what, text, origin && `let this machine connect to it: curl -v ${origin}/`);
}

/** Those that take no credentials of ours are reached, or not. */
function urlsOf(app: AppConfig, { config }: Pick<Context, "config">): string[] {
	switch (app.service) {
		case "webpush": {
			const named = config.webPush.allowHosts.filter((host) => !host.includes("*"));
			return [...BROWSERS, ...named.map((host) => `https://${host}/`)];
		}
		case "ubuntu":
			return [app.url ?? UBUNTU_URL];
		case "ntfy":
			return app.server === undefined ? [] : [app.server];
		default:
			return [];
	}
}

/** One finding for those that are reached, and one for each reason why others are not. */
async function reachAll(
	urls: readonly string[],
	{ what, fetch, signal }: { what: string; fetch: Fetch; signal: AbortSignal },
): Promise<Finding[]> {
	const deadline = AbortSignal.any([signal, AbortSignal.timeout(DEADLINE_MS)]);
	const answers = await Promise.all(
		urls.map(async (url) => {
			const request = { url, init: { method: "GET" } };
			const asking = exchange(request, { fetch, signal: deadline, now: Date.now });
			return { host: new URL(url).host, answer: await timed(asking) };
		}),
	);
	const reached: { host: string; ms: number }[] = [];
	const hostsBy = new Map<string, string[]>();
	for (const { host, answer } of answers) {
		const { value, ms } = answer;
		if (value.kind === "reply") reached.push({ host, ms });
		else hostsBy.set(value.reason, [...(hostsBy.get(value.reason) ?? []), host]);
	}
	const slowest = Math.max(...reached.map(({ ms }) => ms));
	return [
		...(reached.length > 0
			? [ok(what, `reached: ${reached.map(({ host }) => host).join(", ")}.`, slowest)]
			: []),
		...[...hostsBy].map(([reason, hosts]) =>
			warn(
				what,
				`not reached: ${hosts.join(", ")} (${shortened(reason)}). Devices whose pushes go there are not woken.`,
				`let this machine connect to them: curl -v https://${hosts[0]}/`,
			),
		),
	];
}

const shortened = (reason: string) => reason.replace(/^network failure: /, "").replace(/[.?]$/, "");
