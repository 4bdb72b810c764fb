/** A data folder with registrations in it, as an app developer's or a public service's has after a while. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { base64url } from "jose";
import { openDatabase } from "../../src/bun/database/open.ts";
import { createKeyring } from "../../src/secrets.ts";
import { temporaryFolder } from "../../test/peers/folder.ts";
import type { ProviderAddress, ProviderKind } from "./provider.ts";

export const SECRET_KEY = "of-a-benchmark-which-protects-nothing-at-all";

/** How many of the registrations are published to: choosing among more takes the publisher's memory, not ours. */
const TARGETS = 100_000;
const BATCH = 5_000;

export interface Seeded {
	dataFolder: string;
	/** Lines `node secret`. */
	targets: string;
	remove(): void;
}

const COLUMNS =
	"node, owner, app, device, jid, token, p256dh, auth, registered_at, renewed_at, last_success_at";

/** @param firstStart starts and stops a Reveille on the folder, which makes its database */
export async function seed(
	count: number,
	kind: ProviderKind,
	provider: ProviderAddress,
	firstStart: (dataFolder: string) => Promise<void>,
): Promise<Seeded> {
	const folder = temporaryFolder("bench");
	await firstStart(folder.path);
	const { client } = await openDatabase({
		url: `file:${join(folder.path, "reveille.db")}`,
		migrations: "shared",
	});
	const keyring = await createKeyring(SECRET_KEY);
	const pair = await crypto.subtle.generateKey({ name: "ECDH", namedCurve: "P-256" }, true, ["deriveBits"]);
	const p256dh = base64url.encode(new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey)));
	const now = Date.now();
	const tokenOf = (number: number) => {
		const random = crypto.getRandomValues(new Uint8Array(kind === "apns" ? 32 : 100));
		if (kind === "apns") return random.toHex();
		const text = base64url.encode(random);
		return kind === "fcm" ? `fcm${number}:APA91b${text}` : `${provider.url}/push/${text}`;
	};
	const targets: string[] = [];
	const every = Math.max(1, Math.floor(count / TARGETS));
	for (let made = 0; made < count; made += BATCH) {
		const size = Math.min(BATCH, count - made);
		const rows = Array.from({ length: size }, (_, n) => {
			const number = made + n;
			const node = keyring.createNode();
			if (number % every === 0) targets.push(node);
			const keys =
				kind === "webpush"
					? [p256dh, base64url.encode(crypto.getRandomValues(new Uint8Array(16)))]
					: [null, null];
			const owner = `user${number}@example.org`;
			return [
				node,
				owner,
				kind,
				`device${number}`,
				"push.example.org",
				tokenOf(number),
				...keys,
				now,
				now,
				now,
			];
		});
		await client.execute({
			sql: `INSERT INTO registrations (${COLUMNS}) SELECT ${Array.from({ length: 11 }, (_, n) => `value ->> ${n}`).join()} FROM json_each(?)`,
			args: [JSON.stringify(rows)],
		});
	}
	// Neighbours on disk are not neighbours in the load.
	targets.sort();
	client.close();
	const path = join(folder.path, "targets");
	const lines = await Promise.all(targets.map(async (node) => `${node} ${await keyring.secretOf(node)}`));
	writeFileSync(path, lines.join("\n"));
	return { dataFolder: folder.path, targets: path, remove: () => folder.remove() };
}
