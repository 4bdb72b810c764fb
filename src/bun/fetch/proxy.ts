/**
 * Proxies, as Bun's `fetch` takes them from the environment: HTTPS_PROXY, else ALL_PROXY, for all but what NO_PROXY
 * lists, each in lower case too. HTTP/2 goes through none of them, and APNs speaks nothing else: without a word at the
 * start, its pushes would wait for ever.
 */

import type { Logger } from "@logtape/logtape";
import type { AppConfig } from "../../config/apps.ts";
import { about } from "../../messages/about.ts";
import { apnsUrl } from "../../services/apns/apns.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/** For https; what stands first counts, as for Bun (tried with 1.4.5). */
const HTTPS = ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"];
const ALL = [...HTTPS, "http_proxy", "HTTP_PROXY"];

/** Is there any proxy that requests may go through? */
export function hasProxy(env: Environment): boolean {
	return ALL.some((name) => env[name]) && !exceptions(env).includes("*");
}

/** @returns the variable that sends an https URL through a proxy; undefined: it goes there directly */
export function proxyOf(url: URL, env: Environment): string | undefined {
	const { hostname } = url;
	const port = url.port || "443";
	const isExcepted = exceptions(env).some((entry) => {
		if (entry === "*") return true;
		const [, name = "", only = port] = /^(?:\*?\.)?(.*?)(?::(\d+))?$/.exec(entry) ?? [];
		return only === port && (hostname === name || hostname.endsWith(`.${name}`));
	});
	return isExcepted ? undefined : HTTPS.find((name) => env[name]);
}

/** What NO_PROXY lists: hosts, with all names under them, perhaps with a port; `*` is everything. */
function exceptions(env: Environment): string[] {
	const list = (env.no_proxy || env.NO_PROXY) ?? "";
	return list
		.toLowerCase()
		.split(/[\s,]+/)
		.filter(Boolean);
}

/** Says which apps of APNs cannot push, since a proxy stands between. */
export function warnOfProxy(apps: readonly AppConfig[], env: Environment, log: Logger): void {
	for (const app of apps) {
		if (app.service !== "apns" || !app.credentials) continue;
		const url = new URL(apnsUrl(app));
		const proxy = url.protocol === "https:" ? proxyOf(url, env) : undefined;
		if (proxy === undefined) continue;
		log.warn(
			"{app}: its pushes wait, since {proxy} is set: APNs speaks HTTP/2, which goes through no proxy here. Let this machine reach {host} at port {port} directly, and add {host} to NO_PROXY.",
			about("apns-behind-proxy", { app: app.name, proxy, host: url.hostname, port: url.port || "443" }),
		);
	}
}
