/** The parts of an operator's questions, as an entry hands them in: the same on Bun and at the edge. */
import type { AppConfig } from "../../../services/definition.ts";
import type { OperatorDeps } from "../../deps.ts";
import { consoleApps } from "./push-services.ts";
import type { ConsoleStore } from "./sources.ts";

export interface OpenOperatorOptions
	extends Pick<OperatorDeps, "publicUrl" | "census" | "note" | "journal" | "connector" | "ownerForm"> {
	apps: readonly AppConfig[];
	/** What is written down. */
	store: Omit<ConsoleStore, "invites">;
	invites: ConsoleStore["invites"];
}

export function openOperator(options: OpenOperatorOptions): OperatorDeps {
	const { apps, store, census, invites, publicUrl, note, journal, connector, ownerForm } = options;
	const { history, events, bars, search } = store;
	return {
		apps: consoleApps(apps),
		history,
		events,
		bars,
		search,
		census,
		invites,
		publicUrl,
		note,
		journal,
		connector,
		ownerForm,
	};
}
