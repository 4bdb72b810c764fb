/** When the certificates end that apps show to their providers: nothing is pushed after that. */
import { X509Certificate } from "node:crypto";
import type { Logger } from "@logtape/logtape";
import type { AppConfig } from "../apps.ts";
import { StartError } from "./start-error.ts";

const DAY_S = 86_400;
const AHEAD_S = 30 * DAY_S;

/**
 * @returns Unix time, seconds, by app
 * @throws {StartError} when a certificate cannot be read
 */
export function certificateExpiry(apps: readonly AppConfig[]): ReadonlyMap<string, number> {
	const expiries = new Map<string, number>();
	for (const app of apps) {
		if (app.service !== "apns" || app.credentials?.kind !== "certificate") continue;
		try {
			const { validTo } = new X509Certificate(app.credentials.cert);
			expiries.set(app.name, Math.floor(Date.parse(validTo) / 1000));
		} catch (error) {
			throw new StartError(`App ${app.name}: its certificate is no X.509 certificate in PEM.`, error);
		}
	}
	return expiries;
}

/** Says which certificates end within thirty days. */
export function warnOfExpiry(
	expiries: ReadonlyMap<string, number>,
	log: Logger,
	now: () => number = Date.now,
): void {
	for (const [app, seconds] of expiries) {
		const left = seconds - now() / 1000;
		if (left > AHEAD_S) continue;
		const days = Math.floor(left / DAY_S);
		if (days < 0) log.error("{app}: its certificate has ended: get a new one.", { app });
		else log.warn("{app}: its certificate ends in {days} days: get a new one.", { app, days });
	}
}
