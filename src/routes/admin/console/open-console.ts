/** The console's parts, as an entry hands them in: the same on Bun and at the edge. */
import type { AppConfig } from "../../../services/definition.ts";
import type { ConsoleDeps } from "../../deps.ts";
import { consoleApps } from "./push-services.ts";
import { createSessions } from "./sessions.ts";
import type { ConsoleStore } from "./sources.ts";

export interface OpenConsoleOptions
	extends Pick<ConsoleDeps, "publicUrl" | "note" | "journal" | "connector" | "ownerForm"> {
	/** Missing: there is no console. */
	adminToken: string | undefined;
	/** The current one. */
	secretKey: string;
	apps: readonly AppConfig[];
	/** What is written down. */
	store: Omit<ConsoleStore, "invites">;
	invites: ConsoleStore["invites"];
}

export async function openConsole(options: OpenConsoleOptions): Promise<ConsoleDeps | undefined> {
	const { adminToken, secretKey, apps, store, invites, publicUrl, note, journal, connector, ownerForm } =
		options;
	if (adminToken === undefined) return undefined;
	const { history, events, bars, search } = store;
	return {
		sessions: await createSessions({ adminToken, secretKey }),
		apps: consoleApps(apps),
		history,
		events,
		bars,
		search,
		invites,
		publicUrl,
		note,
		journal,
		connector,
		ownerForm,
	};
}
