/** What is looked at when a connector starts, so that a person hears at once of what would only show at a push. */

import type { Logger } from "@logtape/logtape";
import type { AppConfig } from "../../config/apps.ts";
import type { Config } from "../../config/config.ts";
import { about } from "../../messages/about.ts";
import { faultOf } from "../../store/database-fault.ts";
import type { Census } from "../../store/registrations/census.ts";
import type { PushService } from "../../types.ts";
import { checkTrusted } from "../server/trust.ts";
import { certificateExpiry, warnOfExpiry } from "./certificates.ts";
import { warnOfClearText } from "./clear-text.ts";
import { checkCredentials } from "./credentials.ts";
import { tellOfKeys } from "./old-keys.ts";
import { warnOfUnserved } from "./unserved-registrations.ts";

const DAY_MS = 86_400_000;

/** When to look, after the start, whether anything about the registrations must be told: counting takes its time. */
const COUNT_AFTER_MS = 1_000;

export interface StartChecks {
	/** When the certificates of apps end, Unix time in seconds, by app. */
	certificates: ReadonlyMap<string, number>;
	/** Looks, and warns. */
	start(): void;
	/** The same of apps that have changed. @throws {StartError} as at the start; nothing has changed then */
	reload(apps: readonly AppConfig[], services: ReadonlyMap<string, Pick<PushService, "check">>): void;
	stop(): void;
}

/** @throws {StartError} for a certificate or a key that cannot be read */
export function createStartChecks({
	config,
	census,
	services,
	log,
}: {
	config: Pick<Config, "apps" | "connections" | "unifiedPush">;
	census: Pick<Census, "whole">;
	/** By the name of their app. */
	services: ReadonlyMap<string, Pick<PushService, "check">>;
	log: Logger;
}): StartChecks {
	const { apps, connections } = config;
	checkTrusted(connections);
	const certificates = new Map(certificateExpiry(apps));
	let warning: ReturnType<typeof setInterval> | undefined;
	let counting: ReturnType<typeof setTimeout> | undefined;
	let isStopped = false;

	function count() {
		census.whole().then(
			(counts) => {
				warnOfUnserved(counts, config, log);
				tellOfKeys(counts.keys, log);
			},
			(error: unknown) => {
				// The database is closed with the process, and counting a million takes a while.
				if (isStopped) return;
				log.warn(
					"Which keys the registrations in {database} were made with could not be counted: {error}",
					about("key-use-unknown", { error: faultOf(error) }),
				);
			},
		);
	}

	return {
		certificates,
		start() {
			warnOfExpiry(certificates, log);
			warning = setInterval(() => warnOfExpiry(certificates, log), DAY_MS);
			counting = setTimeout(count, COUNT_AFTER_MS);
			void checkCredentials(services, log);
			warnOfClearText(connections, log);
		},
		reload(changed, theirs) {
			const expiries = certificateExpiry(changed);
			for (const { name } of changed) certificates.delete(name);
			for (const [name, seconds] of expiries) certificates.set(name, seconds);
			warnOfExpiry(expiries, log);
			void checkCredentials(theirs, log);
		},
		stop() {
			isStopped = true;
			clearInterval(warning);
			clearTimeout(counting);
		},
	};
}
