/**
 * SIGHUP: changed files are taken up while Reveille serves. Apps keep their names, and get the credentials and the
 * options that reveille.toml and the key files have now. A push on its way ends as it began. What else has changed needs
 * a restart, which is said; a fault in the files leaves all as it was.
 */
import type { Logger } from "@logtape/logtape";
import type { AppConfig } from "../config/apps.ts";
import { type Config, ConfigError } from "../config/config.ts";
import { about } from "../messages/about.ts";
import type { PushService } from "../types.ts";
import { StartError } from "./start-error.ts";

export interface ReloadDeps {
	/** In force now. Its apps are changed in place: all parts of the process look there. */
	config: Config;
	/** What the files and the environment say now. @throws {StartError | ConfigError} */
	read(): Config;
	/** @throws {StartError | ConfigError} for credentials that cannot be used */
	makeServices(apps: readonly AppConfig[]): Promise<ReadonlyMap<string, PushService>>;
	/** Puts them in force, by the name of their app. @throws {StartError} and has changed nothing then */
	take(apps: readonly AppConfig[], services: ReadonlyMap<string, PushService>): void;
	log: Logger;
}

/** @returns reloads; asked again meanwhile, it does so once more afterwards. It never throws */
export function createReload(deps: ReloadDeps): () => Promise<void> {
	let running: Promise<void> | undefined;
	let isAskedAgain = false;
	async function run() {
		try {
			do {
				isAskedAgain = false;
				await reload(deps);
			} while (isAskedAgain);
		} finally {
			running = undefined;
		}
	}
	return () => {
		if (running) isAskedAgain = true;
		running ??= run();
		return running;
	};
}

async function reload({ config, read, makeServices, take, log }: ReloadDeps): Promise<void> {
	try {
		const next = read();
		const { changed, elsewhere } = compareApps(config.apps, next.apps);
		const restart = [...changedSettings(config, next), ...elsewhere];
		if (changed.length > 0) {
			const services = await makeServices(changed.map(({ after }) => after));
			take(
				changed.map(({ after }) => after),
				services,
			);
			for (const { before, after } of changed) replace(before, after);
		}
		const names = changed.map(({ after }) => after.name).join(", ");
		log.info("Reloaded. Apps that changed: {names}.", { names: names || "none" });
		if (restart.length > 0) {
			log.warn(
				"Not all that changed was taken up. Restart Reveille for this: {settings}.",
				about("reload-needs-restart", { settings: restart.join("; ") }),
			);
		}
	} catch (error) {
		log.error(
			"Nothing was reloaded, and the old settings stay in force: {reason}",
			about("reload-refused", { reason: reasonOf(error) }),
		);
	}
}

/** Of an error that nobody foresaw the name alone: its message may quote what was read, and that may be a key. */
function reasonOf(error: unknown): string {
	if (error instanceof ConfigError) return error.problems.join(" ");
	if (error instanceof StartError) return error.message;
	return `a fault of Reveille's own (${error instanceof Error ? error.name : typeof error}).`;
}

interface Change {
	before: AppConfig;
	after: AppConfig;
}

/** What decides which app somebody means: it was put into tables when Reveille started. */
const CHOOSING = ["addresses", "providers", "pushModules"] as const;
const TABLE_NAMES = { addresses: "address", providers: "provider", pushModules: "push_module" } as const;

function compareApps(current: readonly AppConfig[], next: readonly AppConfig[]) {
	const changed: Change[] = [];
	const elsewhere: string[] = [];
	const byName = new Map(next.map((app) => [app.name, app]));
	for (const before of current) {
		const after = byName.get(before.name);
		byName.delete(before.name);
		if (!after) elsewhere.push(`the app ${before.name} is not there any more`);
		else if (after.service !== before.service) elsewhere.push(`${after.name} has another service`);
		else {
			for (const field of CHOOSING) {
				if (isSame(before[field], after[field])) continue;
				elsewhere.push(`${TABLE_NAMES[field]} of the app ${after.name}`);
			}
			const taken = withChoosingOf(after, before);
			if (!isSame(taken, before)) changed.push({ before, after: taken });
		}
	}
	for (const name of byName.keys()) elsewhere.push(`the app ${name} is new`);
	return { changed, elsewhere };
}

function withChoosingOf(app: AppConfig, { addresses, providers, pushModules }: AppConfig): AppConfig {
	const { addresses: _, providers: __, pushModules: ___, ...rest } = app;
	return {
		...rest,
		...(addresses && { addresses }),
		...(providers && { providers }),
		...(pushModules && { pushModules }),
	} as AppConfig;
}

/** Parts of the configuration that are not apps, as people know them. */
const SETTINGS: Readonly<Partial<Record<keyof Config, string>>> = {
	connections: "[[connection]] and the files that it names",
	secretKey: "SECRET_KEY",
	secretKeysOld: "SECRET_KEY_OLD",
	vapid: "VAPID_PRIVATE_KEY",
	registration: "who may register",
	adminToken: "ADMIN_TOKEN",
};

function changedSettings(current: Config, next: Config): string[] {
	const names = new Set([...Object.keys(current), ...Object.keys(next)] as (keyof Config)[]);
	return [...names]
		.filter((name) => name !== "apps" && !isSame(current[name], next[name]))
		.map((name) => SETTINGS[name] ?? name);
}

/** Of what was read from settings: lists, tables and words. */
const isSame = (one: unknown, other: unknown) => Bun.deepEquals(one, other);

function replace(before: AppConfig, after: AppConfig): void {
	for (const name of Object.keys(before)) delete (before as unknown as Record<string, unknown>)[name];
	Object.assign(before, after);
}
