/** The keys of a process: those of its settings, else files of its data folder, which the first start makes. */
import { randomBytes } from "node:crypto";
import type { Config } from "../config/config.ts";
import { naming } from "../config/naming.ts";
import { generateVapidKey, importVapidKey, type VapidKey } from "../services/webpush/vapid-signature.ts";
import { prepareDataFolder, secretFile } from "./data-folder.ts";

export interface OwnKeys {
	/** What the secrets of registrations are derived from. @throws {StartError} */
	secretKey(): Promise<string>;
	/**
	 * What identifies this server to browsers.
	 * @returns undefined: ROLE=http sends nothing, and was given none
	 * @throws {StartError | ConfigError}
	 */
	vapidKey(): Promise<VapidKey | undefined>;
	/** Names of the files that were made just now. */
	readonly made: readonly string[];
}

/** Makes the data folder, if this process has one. @throws {StartError} */
export function openOwnKeys(config: Pick<Config, "role" | "dataDir" | "secretKey" | "vapid">): OwnKeys {
	const { role, dataDir, secretKey, vapid } = config;
	if (role !== "http") prepareDataFolder(dataDir);
	const made: string[] = [];

	async function fromFile(name: string, generate: () => string | Promise<string>): Promise<string> {
		const file = await secretFile(dataDir, name, generate);
		if (file.created) made.push(name);
		return file.value;
	}

	return {
		made,
		secretKey: async () => secretKey ?? (await fromFile("secret.key", randomKey)),
		async vapidKey() {
			if (role === "http" && !vapid.privateKey) return undefined;
			const key = vapid.privateKey ?? (await fromFile("vapid.key", generateVapidKey));
			return naming("VAPID_PRIVATE_KEY", () => importVapidKey(key));
		},
	};
}

const randomKey = () => randomBytes(32).toString("base64url");
