/** The keys of this Reveille as its settings or its data folder have them. None is made. */
import { join } from "node:path";
import type { Config } from "../../../config/config.ts";
import { readSecretFile } from "../../data-folder.ts";

export interface OwnKeyTexts {
	/** Undefined: the first start makes it. */
	secretKey: string | undefined;
	/** The private one; undefined: the first start makes it, or this process has none. */
	vapidKey: string | undefined;
}

/** @returns an error that says why they cannot be read */
export function ownKeyTexts({
	role,
	dataDir,
	secretKey,
	vapid,
}: Pick<Config, "role" | "dataDir" | "secretKey" | "vapid">): OwnKeyTexts | Error {
	const file = (name: string) => (role === "http" ? undefined : readSecretFile(join(dataDir, name)));
	try {
		return {
			secretKey: secretKey ?? file("secret.key"),
			vapidKey: vapid.privateKey ?? file("vapid.key"),
		};
	} catch (error) {
		return error instanceof Error ? error : new Error(String(error));
	}
}
