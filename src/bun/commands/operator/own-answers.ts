/** Answers to an operator's commands where no Reveille runs: the console's own routes, over the database. */
import { getLogger } from "@logtape/logtape";
import packageJson from "../../../../package.json" with { type: "json" };
import type { Config } from "../../../config/config.ts";
import { createEndNotes } from "../../../delivery/journal/end-notes.ts";
import { createJournal } from "../../../delivery/journal.ts";
import { ownerFormOf } from "../../../messages/whom.ts";
import { openRegistrations } from "../../../registering/open-registrations.ts";
import { createEnds } from "../../../registering/registration-ends.ts";
import { openOperator } from "../../../routes/admin/console/open-operator.ts";
import { operatorCommandRoutes } from "../../../routes/admin/console/operator.ts";
import { createKeyring } from "../../../secrets.ts";
import { openConsoleStore } from "../../../store/console/console-store.ts";
import { checkSecretKey } from "../../../store/facts.ts";
import { createInvites } from "../../../store/invites.ts";
import { createCensus } from "../../../store/registrations/census.ts";
import { nativeConceal } from "../../native-crypto.ts";
import type { Environment } from "../command.ts";
import { withKnownDatabase } from "../known-database.ts";
import { knownSecretKey } from "../known-secret-key.ts";
import type { Ask } from "./ask.ts";

/** @throws {StartError | ConfigError | WrongKey} with a sentence for whoever typed the command */
export async function withOwnAnswers<T>(
	env: Environment,
	config: Config,
	use: (ask: Ask) => Promise<T>,
): Promise<T> {
	return withKnownDatabase(env, async (db) => {
		const secretKey = await knownSecretKey(config);
		const keys = await createKeyring(secretKey, config.secretKeysOld);
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
				census: createCensus(db, { keys, known: () => known }),
				invites: createInvites(db),
				note: journal.note,
				ownerForm: ownerFormOf(config.logOwners, nativeConceal(secretKey)),
			}),
		);
		try {
			return await use(async (path, init) => app.request(path, init));
		} finally {
			const happened = journal.take();
			if (happened.length > 0) await store.writeMinute(undefined, happened);
		}
	});
}
