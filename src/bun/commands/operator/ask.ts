/**
 * Whom an operator's commands ask: the Reveille that runs, over its socket. Where none runs, the same questions are
 * answered here, from the database.
 */
import { getLogger } from "@logtape/logtape";
import packageJson from "../../../../package.json" with { type: "json" };
import { createEndNotes } from "../../../delivery/journal/end-notes.ts";
import { createJournal } from "../../../delivery/journal.ts";
import { ownerFormOf } from "../../../messages/whom.ts";
import { openRegistrations } from "../../../registering/open-registrations.ts";
import { createEnds } from "../../../registering/registration-ends.ts";
import { openOperator } from "../../../routes/admin/console/open-console.ts";
import { operatorCommandRoutes } from "../../../routes/admin/console/operator.ts";
import { createKeyring } from "../../../secrets.ts";
import { openConsoleStore } from "../../../store/console/console-store.ts";
import { checkSecretKey } from "../../../store/facts.ts";
import { createInvites } from "../../../store/invites.ts";
import { nativeConceal } from "../../native-crypto.ts";
import { openOwnKeys } from "../../own-keys.ts";
import { readConfig } from "../../read-config.ts";
import { StartError } from "../../start-error.ts";
import type { Environment } from "../command.ts";
import { withKnownDatabase } from "../known-database.ts";
import { findRunning } from "../running.ts";

/** How long an answer may take, ms: a push that is tried waits for its push service. */
const DEADLINE_MS = 60_000;

type Ask = (path: string, init?: RequestInit) => Promise<Response>;

/** Questions and orders of an operator (routes/admin/console/operator.ts). */
export interface Operator {
	/** A Reveille runs, and answers. */
	readonly isRunning: boolean;
	/**
	 * @param path below `/operator`
	 * @param query what is asked for; undefined values are left out
	 * @throws {StartError} with the sentence that it answered
	 */
	get<T>(path: string, query?: Readonly<Record<string, string | undefined>>): Promise<T>;
	/** The same for what changes something. @returns undefined: there is nothing to say */
	post<T = undefined>(path: string, body?: object): Promise<T>;
}

/** @throws {StartError | ConfigError | WrongKey} with a sentence for whoever typed the command */
export async function withOperator<T>(env: Environment, use: (operator: Operator) => Promise<T>): Promise<T> {
	const config = readConfig({ ...env });
	const found = await findRunning(config.dataDir);
	if (found.kind === "silent") {
		throw new StartError(
			"running-silent",
			`A Reveille runs with this DATA_DIR and cannot be asked: ${found.reason}. Look at its log, or stop it.`,
		);
	}
	if (found.kind === "running") return use(operatorOf(found.running.ask, true));
	const secretKey = await openOwnKeys(config).secretKey();
	const keys = await createKeyring(secretKey, config.secretKeysOld);
	return withKnownDatabase(env, async (db) => {
		const known = await checkSecretKey(db, keys);
		const journal = createJournal();
		const ends = createEnds();
		ends.listen(createEndNotes(journal));
		const registrations = openRegistrations({
			db,
			quotas: config.quotas,
			keys,
			keyIds: () => known.ids,
			ends,
		});
		const store = openConsoleStore({ db, registrations });
		const app = operatorCommandRoutes(
			{
				registrations,
				keyring: keys,
				push: async () => ({ kind: "wait", reason: "no Reveille runs" }),
				readiness: async () => ({ database: true, xmpp: undefined }),
				log: getLogger(["reveille", "command"]),
				version: packageJson.version,
			},
			openOperator({
				publicUrl: config.publicUrl,
				apps: config.apps,
				isUnifiedPush: config.unifiedPush !== undefined,
				store,
				invites: createInvites(db),
				note: journal.note,
				ownerForm: ownerFormOf(config.logOwners, nativeConceal(secretKey)),
			}),
		);
		try {
			return await use(operatorOf(async (path, init) => app.request(path, init), false));
		} finally {
			const happened = journal.take();
			if (happened.length > 0) await store.writeMinute(undefined, happened);
		}
	});
}

function operatorOf(ask: Ask, isRunning: boolean): Operator {
	async function answerOf<T>(path: string, init: RequestInit): Promise<T> {
		const answer = await ask(`/operator${path}`, { ...init, signal: AbortSignal.timeout(DEADLINE_MS) });
		const text = await answer.text();
		if (answer.ok) return (text === "" ? undefined : JSON.parse(text)) as T;
		throw new StartError(
			"operator-refused",
			detailOf(text) ?? `It was answered with status ${answer.status}.`,
		);
	}

	return {
		isRunning,
		get(path, query = {}) {
			const given = Object.entries(query).filter((one): one is [string, string] => one[1] !== undefined);
			return answerOf(`${path}?${new URLSearchParams(given)}`, {});
		},
		post: (path, body = {}) =>
			answerOf(path, {
				method: "POST",
				headers: { "Content-Type": "application/json" },
				body: JSON.stringify(body),
			}),
	};
}

/** Of a problem (RFC 9457). */
function detailOf(text: string): string | undefined {
	try {
		const { detail } = JSON.parse(text) as { detail?: unknown };
		return typeof detail === "string" ? detail : undefined;
	} catch {
		return undefined;
	}
}
