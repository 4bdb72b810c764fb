/** The key of a database that is there: of the settings, or of the data folder. */
import type { Config } from "../../config/config.ts";
import { secretFile } from "../data-folder.ts";
import { StartError } from "../start-error.ts";

/**
 * Reads it. None is made: whoever types a command in the wrong folder, or as root, would leave a file there.
 * @throws {StartError}
 */
export async function knownSecretKey({
	dataDir,
	secretKey,
}: Pick<Config, "dataDir" | "secretKey">): Promise<string> {
	if (secretKey !== undefined) return secretKey;
	const { value } = await secretFile(dataDir, "secret.key", () => {
		throw new StartError(
			"secret-key-missing",
			`There is no secret.key in ${dataDir}: set DATA_DIR and SECRET_KEY as for the Reveille that serves.`,
		);
	});
	return value;
}
