/** The shared database: is it there, is it the right one, and how fast does it answer? It is only read. */
import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { type Client, createClient } from "@libsql/client/sqlite3";
import { drizzle } from "drizzle-orm/libsql/sqlite3";
import { createKeyring } from "../../../secrets.ts";
import { importVapidKey } from "../../../services/webpush/vapid-signature.ts";
import { idOf } from "../../../store/database-id.ts";
import { secretKeyFit, vapidKeyFit } from "../../../store/facts.ts";
import { checkSchema } from "../../../store/schema-fit.ts";
import { readDatabaseNote } from "../../database/database-note.ts";
import { migrationsOf } from "../../database/migrations.ts";
import { connect, databaseFailure, filePath } from "../../database/open.ts";
import { nativeHmac } from "../../native-crypto.ts";
import { PROGRAM } from "../../program.ts";
import { type Context, databaseUrl } from "./context.ts";
import { isOwner } from "./files.ts";
import { bad, type Finding, ok, reasonOf, timed, unknown, warn } from "./finding.ts";
import { ownKeyTexts } from "./own-key-texts.ts";

const DEADLINE_MS = 5_000;
/** For a moment the file may be locked, ms. */
const LOCK_MS = 1_000;
/** Each publish of a device that is not remembered waits for one answer, ms. */
const SLOW_MS = 250;
/** Nothing but a look into the file tells that it is a database. */
const READ = "SELECT name FROM sqlite_master LIMIT 1";
/** How often it is asked to see how long an answer takes. */
const ASKED = 5;

/** Looks at the database whose word counts. */
export async function lookAtDatabase({
	config,
	found,
}: Pick<Context, "config" | "found">): Promise<Finding[]> {
	const url = databaseUrl(config);
	const isFile = url.startsWith("file:");
	const where = isFile ? filePath(url) : new URL(url).host;
	const note = noteOf(config.dataDir, url);
	if (note instanceof Error) return [bad("Database", note.message)];
	if (isFile && !existsSync(where)) {
		const text = `there is no ${where} yet: the first start of Reveille makes it.`;
		return [
			unknown("Database", text, "if Reveille ran before, set DATA_DIR or DATABASE_URL as for that one"),
		];
	}
	if (isFile && found.kind !== "running" && !isOwner(dirname(where))) {
		const text = `${where} was not opened: what SQLite makes beside it would be this user's, and not that of Reveille's.`;
		return [unknown("Database", text, "run this as the user that Reveille runs as")];
	}
	const client = isFile
		? createClient({ url, concurrency: 1, timeout: LOCK_MS })
		: await connect({ url, authToken: config.database.authToken, deadlineMs: DEADLINE_MS });
	try {
		if (isFile) await client.execute("PRAGMA query_only = ON");
		const reached = await reach(client, where);
		return [
			reached,
			await identity(client, note.check),
			...(await schema(client)),
			...(await keys(client, config)),
		];
	} catch (error) {
		return [bad("Database", databaseFailure(error, url).message)];
	} finally {
		client.close();
	}
}

function noteOf(folder: string, url: string) {
	try {
		return readDatabaseNote(folder, url);
	} catch (error) {
		return error instanceof Error ? error : new Error(String(error));
	}
}

async function reach(client: Client, where: string): Promise<Finding> {
	const times: number[] = [];
	for (let asked = 0; asked < ASKED; asked++) times.push((await timed(client.execute(READ))).ms);
	const middle = times.toSorted((one, other) => one - other)[Math.floor(ASKED / 2)] ?? 0;
	if (middle <= SLOW_MS) return ok("Database", `${where} answers.`, middle);
	const text = `${where} takes ${Math.round(middle)} ms for each answer, and each push may wait for one.`;
	return warn("Database", text, "put it nearer, or read from a replica: DATABASE_SYNC_URL");
}

async function identity(client: Client, check: (client: Client) => Promise<void>): Promise<Finding> {
	try {
		await check(client);
	} catch (error) {
		return bad("Database id", reasonOf(error));
	}
	const id = await idOf(drizzle(client)).catch(() => undefined);
	if (id === undefined) {
		return unknown("Database id", "it has none yet: the first start of Reveille gives it one.");
	}
	return ok("Database id", `it is the one that this data folder belongs to (${id.slice(0, 8)}).`);
}

async function schema(client: Client): Promise<Finding[]> {
	const known = migrationsOf("shared").map(({ hash }) => hash);
	const { rows } = await client
		.execute("SELECT hash FROM migrations")
		.catch(() => ({ rows: [] as { hash?: unknown }[] }));
	const applied = rows.map(({ hash }) => String(hash));
	if (applied.length === 0) return [unknown("Schema", "it has no tables yet: the first start makes them.")];
	const missing = known.filter((hash) => !applied.includes(hash)).length;
	if (missing > 0) {
		const text = `it is of an older version, and lacks ${missing} of ${known.length} changes. The next start makes them.`;
		return [warn("Schema", text, `${PROGRAM} backup FOLDER, and then restart Reveille`)];
	}
	await checkSchema(client);
	const isNewer = applied.some((hash) => !known.includes(hash));
	return [
		ok("Schema", isNewer ? "it is of a newer version, which this one works with." : "it is this version's."),
	];
}

/** Whether the keys are those that registrations were made with. */
async function keys(client: Client, config: Context["config"]): Promise<Finding[]> {
	const texts = ownKeyTexts(config);
	if (texts instanceof Error) return [bad("Keys", texts.message)];
	const db = drizzle(client);
	const { secretKey, vapidKey } = texts;
	const findings: Finding[] = [];
	if (secretKey !== undefined) {
		const keyring = await createKeyring(secretKey, config.secretKeysOld, { hmacOf: nativeHmac });
		findings.push(secretKeyFinding(await secretKeyFit(db, keyring).catch(() => "new" as const)));
	} else {
		const fit = await secretKeyFit(db, { fingerprint: "", oldFingerprints: [] }).catch(() => "new");
		// The start would make another one, and refuse it.
		findings.push(fit === "new" ? unknown("SECRET_KEY", NO_KEY) : secretKeyFinding("other"));
	}
	const publicKey = vapidKey === undefined ? config.vapid.publicKey : await publicKeyOf(vapidKey);
	if (publicKey instanceof Error) findings.push(bad("VAPID key", publicKey.message));
	else if (publicKey !== undefined) {
		const fit = await vapidKeyFit(db, publicKey).catch(() => "new");
		findings.push(
			fit === "other"
				? bad(
						"VAPID key",
						"it is not the one that browsers subscribed with: Reveille does not start with it, as no browser would be woken.",
						"put vapid.key of the old data folder back, or set VAPID_PRIVATE_KEY to it",
					)
				: ok(
						"VAPID key",
						fit === "same" ? "it is the one that browsers subscribed with." : "it can be read.",
					),
		);
	}
	return findings;
}

const NO_KEY = "there is none yet: the first start makes secret.key in DATA_DIR.";

async function publicKeyOf(privateKey: string): Promise<string | Error> {
	try {
		return (await importVapidKey(privateKey)).publicKey;
	} catch (error) {
		return new Error(`VAPID_PRIVATE_KEY, or vapid.key in DATA_DIR, ${reasonOf(error)}`);
	}
}

function secretKeyFinding(fit: Awaited<ReturnType<typeof secretKeyFit>>): Finding {
	switch (fit) {
		case "same":
			return ok("SECRET_KEY", "it is the one that the registrations were made with.");
		case "changed":
			return ok("SECRET_KEY", "it is new, and SECRET_KEY_OLD has the one before it.");
		case "new":
			return ok("SECRET_KEY", "it can be read. The database knows no key yet.");
		case "other":
			return bad(
				"SECRET_KEY",
				"it is not the key that the registrations were made with: Reveille does not start with it, as every publish would look wrong.",
				"put secret.key of the old data folder back, or write the old key into SECRET_KEY_OLD beside the new one",
			);
	}
}
