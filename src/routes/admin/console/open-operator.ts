/** The parts of an operator's questions, as an entry hands them in: the same on Bun and at the edge. */
import type { AppConfig } from "../../../services/definition.ts";
import type { OperatorDeps } from "../../deps.ts";
import { consoleApps } from "./push-services.ts";
import type { ConsoleApp, ConsoleStore } from "./sources.ts";

export interface OpenOperatorOptions
	extends Pick<
		OperatorDeps,
		"publicUrl" | "census" | "isUnifiedPush" | "note" | "journal" | "connector" | "ownerForm" | "ownUsers"
	> {
	apps: readonly AppConfig[];
	/** What is shown beside them, and is no operator's app. */
	more?: readonly ConsoleApp[];
	/** What is written down. */
	store: Omit<ConsoleStore, "invites">;
	invites: ConsoleStore["invites"];
}

export function openOperator(options: OpenOperatorOptions): OperatorDeps {
	const { apps, more = [], store, census, invites, publicUrl, isUnifiedPush } = options;
	const { note, journal, connector, ownerForm, ownUsers } = options;
	const { history, events, bars, search } = store;
	return {
		apps: [...consoleApps(apps), ...more],
		history,
		events,
		bars,
		search,
		census,
		invites,
		publicUrl,
		isUnifiedPush,
		note,
		journal,
		connector,
		ownerForm,
		ownUsers,
	};
}
