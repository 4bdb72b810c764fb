/**
 * `backup`: what a self-hoster must keep, in a folder that can take the data folder's place. The Reveille that runs
 * hands it over and goes on to serve; where none runs, its files are copied.
 */
import { buildCommand } from "@stricli/core";
import { parseConfig } from "../../config/config.ts";
import { JSON_FLAG, type Typed } from "./command.ts";
import { runningIn } from "./operator/ask.ts";
import { print, printJson } from "./output.ts";

export const backupCommand = buildCommand<{ json: boolean }, [folder: string], Typed>({
	docs: {
		brief: "Copies keys, registrations and outbox, also while it serves",
		fullDescription:
			"Copies the keys, the registrations and the outbox of DATA_DIR into FOLDER, which is made, or is empty. The settings are those that Reveille runs with. The one that runs hands them over, and goes on to serve. To restore, put the folder in the place of DATA_DIR while no Reveille runs, and start it.",
	},
	parameters: {
		flags: JSON_FLAG,
		positional: {
			kind: "tuple",
			parameters: [{ brief: "A new folder, or an empty one", placeholder: "FOLDER", parse: String }],
		},
	},
	async func({ json }, folder) {
		const { env } = this;
		// No others have a part in it: some need tables and files of keys.
		const { DATA_DIR, DATABASE_URL, DATABASE_SYNC_URL } = env;
		const config = parseConfig({ DATA_DIR, DATABASE_URL, DATABASE_SYNC_URL });
		const [running, { backUp, copiedFrom }, { takenFrom }, { keptOf }] = await Promise.all([
			runningIn(config.dataDir),
			import("./backup-folder.ts"),
			import("./backup-taken.ts"),
			import("./kept-data.ts"),
		]);
		const { files, elsewhere } = await backUp(
			folder,
			running ? takenFrom(running, process.stderr) : copiedFrom(keptOf(config)),
		);
		const registrations = elsewhere === undefined;
		if (json) return printJson({ folder, files, registrations });
		print(`In ${folder}: ${files.join(", ")}.`);
		if (!registrations) print(`Not the registrations: back up the database at ${elsewhere} there.`);
		if (env.SECRET_KEY?.trim()) print("Not SECRET_KEY, which your settings have: without it all is lost.");
	},
});
