/** The data folder and the files of keys: are they there, whose are they, and who may read them? Nothing is made. */
import { accessSync, constants, readdirSync, type Stats, statSync } from "node:fs";
import { join } from "node:path";
import { settingNames } from "../../../config/settings.ts";
import { PROGRAM } from "../../program.ts";
import type { Context } from "./context.ts";
import { bad, type Finding, ok, unknown, warn } from "./finding.ts";

/** Who else may read or write. */
const OTHERS = 0o077;
/** What a path begins with, in a setting that takes a key or a file of it (environment.ts). */
const PATH = /^\.{0,2}\//;
const FROM_FILE = /_(KEY|KEY_OLD|CERT|ACCOUNT|CA)$/;
/** What in the data folder is not told to others: keys, databases and what belongs to them. */
const PRIVATE = /\.(key|db|db-wal|db-shm)$|^(registration-token|connector-id|database-id)$/;

export interface FileEffects {
	stat(path: string): Pick<Stats, "mode" | "uid"> | undefined;
	list(folder: string): readonly string[];
	/** @throws with the system's code where this user may not write */
	mayWrite(path: string): void;
	/** This user's; undefined where the system has none. */
	uid(): number | undefined;
}

const onDisk: FileEffects = {
	stat: (path) => statSync(path, { throwIfNoEntry: false }),
	list: (folder) => readdirSync(folder),
	mayWrite: (path) => accessSync(path, constants.W_OK),
	uid: () => process.getuid?.(),
};

/** Looks at the files. */
export function lookAtFiles(
	{ env, config }: Pick<Context, "env" | "config">,
	effects: FileEffects = onDisk,
): Finding[] {
	return [...(config.role === "http" ? [] : dataFolder(config.dataDir, effects)), ...keyFiles(env, effects)];
}

/** Whether this user may stand in for the one that Reveille runs as: what is made as another one cannot be written by it. */
export function isOwner(folder: string, { stat, uid }: FileEffects = onDisk): boolean {
	const owner = stat(folder)?.uid;
	return owner === undefined || uid() === undefined || owner === uid();
}

function dataFolder(folder: string, effects: FileEffects): Finding[] {
	const found = effects.stat(folder);
	if (!found) {
		const text = `there is no folder ${folder} yet: the first start makes it.`;
		return [
			unknown("DATA_DIR", text, "if Reveille ran before, set DATA_DIR as for that one, or go to its folder"),
		];
	}
	const findings: Finding[] = [];
	const mode = found.mode & 0o777;
	if (mode & OTHERS) {
		const text = `other users of this machine may look into ${folder} (mode ${mode.toString(8)}), where keys are.`;
		findings.push(warn("DATA_DIR", text, `chmod 700 ${folder}`));
	}
	if (!isOwner(folder, effects)) {
		const text = `${folder} belongs to another user than the one who runs this command.`;
		const todo = `run it as that user: sudo -u "$(stat -c %U ${folder})" ${PROGRAM} doctor`;
		findings.push(warn("DATA_DIR", text, todo));
	}
	const paths = effects.list(folder).map((name) => ({ name, path: join(folder, name) }));
	for (const { name, path } of paths.filter(({ name }) => PRIVATE.test(name))) {
		const file = effects.stat(path);
		if (!file || (file.mode & OTHERS) === 0) continue;
		const text = `${path} may be read by other users of this machine, and it is a secret.`;
		// Reveille refuses keys that others may read.
		const isRefused = !name.includes(".db");
		findings.push((isRefused ? bad : warn)("File mode", text, `chmod 600 ${path}`));
	}
	const unwritable = [
		folder,
		...paths.filter(({ name }) => /\.db$/.test(name)).map(({ path }) => path),
	].flatMap((path) => unwritableBecause(path, effects));
	findings.push(...unwritable);
	return findings.length > 0
		? findings
		: [ok("DATA_DIR", `${folder} is its user's alone, and can be written.`)];
}

function unwritableBecause(path: string, { mayWrite }: FileEffects): Finding[] {
	try {
		mayWrite(path);
		return [];
	} catch (error) {
		const { code = "unknown error" } = error as NodeJS.ErrnoException;
		if (code === "EROFS") {
			const text = `${path} is on a disk that may only be read. Reveille can neither start nor keep pushes there.`;
			const todo = `mount -o remount,rw "$(stat -c %m ${path})", or set DATA_DIR to another disk`;
			return [bad("Read-only", text, todo)];
		}
		const text = `this user may not write ${path} (${code}).`;
		return [bad("Read-only", text, `chown "$(id -un)" ${path}, as the user that Reveille runs as`)];
	}
}

/** Files that the environment names. Those that cannot be read were told with the settings. */
function keyFiles(env: Context["env"], { stat }: FileEffects): Finding[] {
	const named = settingNames.flatMap((name) => {
		const value = env[name]?.trim() ?? "";
		// A certificate is for everybody.
		const isSecret = FROM_FILE.test(name) && !/_(CERT|CA)$/.test(name);
		return isSecret && PATH.test(value) ? [{ name, path: value }] : [];
	});
	const apps = env.APPS?.trim() ?? "";
	const toml = { name: "APPS", path: apps || "reveille.toml" };
	return [...named, ...(/^[[{]/.test(apps) ? [] : [toml])].flatMap(({ name, path }) => {
		const file = stat(path);
		if (!file || (file.mode & 0o007) === 0) return [];
		const text = `${path} may be read by all users of this machine, and may hold secrets.`;
		return [warn(name, text, `chmod 640 ${path}`)];
	});
}
