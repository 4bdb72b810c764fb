/**
 * Whether the Reveille that runs has the settings of a command, without a secret told: both take digests by a word that
 * the command makes up for each question.
 */
import { createHmac } from "node:crypto";
import type { Config } from "../../config/config.ts";

/** Digests by what they are of: the address of a connection, the name of an app, the name of a setting. */
export interface SettingDigests {
	connections: Readonly<Record<string, string>>;
	apps: Readonly<Record<string, string>>;
	others: Readonly<Record<string, string>>;
}

/** Settings that decide who is woken and who may register, by how they are written. */
const OTHERS = {
	DATABASE_URL: ({ database }) => database,
	PUBLIC_URL: ({ publicUrl }) => publicUrl,
	SECRET_KEY: ({ secretKey }) => secretKey,
	VAPID_SUBJECT: ({ vapid }) => vapid.subject,
	VAPID_PRIVATE_KEY: ({ vapid }) => vapid.privateKey,
	WEBPUSH_ALLOW_HOSTS: ({ webPush }) => webPush.allowHosts,
} satisfies Record<string, (config: Config) => unknown>;

/** @param word nobody knows it before */
export function settingDigests(config: Config, word: string): SettingDigests {
	// Not `Bun.CryptoHasher`: native-crypto.ts has why.
	const digest = (value: unknown) => createHmac("sha256", word).update(textOf(value)).digest("hex");
	return {
		connections: Object.fromEntries(config.connections.map((one) => [one.address, digest(one)])),
		apps: Object.fromEntries(config.apps.map((one) => [one.name, digest(one)])),
		others: Object.fromEntries(Object.entries(OTHERS).map(([name, of]) => [name, digest(of(config))])),
	};
}

/** JSON, whatever the order in which the fields were written. */
const textOf = (value: unknown): string =>
	JSON.stringify(value ?? null, (_, its: unknown) =>
		typeof its === "object" && its !== null && !Array.isArray(its)
			? Object.fromEntries(Object.entries(its).toSorted(([one], [other]) => (one < other ? -1 : 1)))
			: its,
	);

/**
 * @param there of the Reveille that runs
 * @param here of the command
 * @returns what differs, each as a few words; nothing where they are the same
 */
export function differencesOf(there: SettingDigests, here: SettingDigests): string[] {
	const others = Object.keys(here.others).filter(
		(name) => there.others[name] !== undefined && there.others[name] !== here.others[name],
	);
	return [
		...namedDifferences("XMPP", there.connections, here.connections),
		...namedDifferences("apps", there.apps, here.apps),
		...(others.length > 0 ? [`others: ${others.join(", ")}`] : []),
	];
}

function namedDifferences(
	what: string,
	there: Readonly<Record<string, string>>,
	here: Readonly<Record<string, string>>,
): string[] {
	const [theirs, ours] = [Object.keys(there), Object.keys(here)];
	const parts = [
		...theirs.filter((name) => !(name in here)).map((name) => `${name} only there`),
		...ours.filter((name) => !(name in there)).map((name) => `${name} only here`),
		...ours
			.filter((name) => name in there && there[name] !== here[name])
			.map((name) => `${name} is another there`),
	];
	return parts.length === 0 ? [] : [`${what}: ${parts.join(", ")}`];
}
