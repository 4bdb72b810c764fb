/**
 * Reads mod_push_appserver's registrations from Prosody's internal storage: one file per node at
 * `<data folder>/<host>/push_appserver/<node>.dat`, where what is neither letter nor digit of host and node is written
 * `%2d` (util.datamanager).
 */
import { opendir, readFile, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { StartError } from "../../start-error.ts";
import { type Found, foundAtProsody, masked } from "./found-registration.ts";
import { parseLuaRecord } from "./lua-data.ts";

const STORE = "push_appserver";
/** The module takes forms of at most 4 KiB, and an escaped byte is four. */
const LARGEST = 65_536;

/** One host's registrations. */
export interface HostStore {
	host: string;
	folder: string;
}

/**
 * @param path Prosody's data folder, that of a host in it, or the store itself
 * @throws {StartError} when it cannot be read
 */
export async function findHostStores(path: string): Promise<HostStore[]> {
	const given = resolve(path);
	try {
		if (basename(given) === STORE) return [{ host: decodeName(basename(dirname(given))), folder: given }];
		if (await isFolder(join(given, STORE))) {
			return [{ host: decodeName(basename(given)), folder: join(given, STORE) }];
		}
		const stores: HostStore[] = [];
		for await (const entry of await opendir(given)) {
			const folder = join(given, entry.name, STORE);
			if (await isFolder(folder)) stores.push({ host: decodeName(entry.name), folder });
		}
		return stores.sort((one, other) => one.host.localeCompare(other.host));
	} catch (error) {
		throw cannotRead(given, error);
	}
}

/** @throws {StartError} when the folder cannot be read; a single file that cannot is handed on as unfit */
export async function* readHostStore({ host, folder }: HostStore): AsyncGenerator<Found> {
	try {
		for await (const entry of await opendir(folder)) {
			// `x.dat~` is what Prosody is just writing.
			if (!entry.name.endsWith(".dat")) continue;
			const found = await readEntry(host, join(folder, entry.name));
			if (found) yield found;
		}
	} catch (error) {
		throw cannotRead(folder, error);
	}
}

async function readEntry(host: string, path: string): Promise<Found | undefined> {
	const unfit = (node: string, reason: string): Found => ({ at: masked(node), fields: {}, unfit: reason });
	let node = basename(path, ".dat");
	try {
		node = decodeName(node);
		const file = await stat(path);
		// Reading what is no file may never end.
		if (!file.isFile()) return unfit(node, "it is no file");
		if (file.size > LARGEST) return unfit(node, "its file is larger than the module writes any");
		return foundAtProsody(host, node, parseLuaRecord(await readFile(path)));
	} catch (error) {
		const { code } = error as NodeJS.ErrnoException;
		// Ended while this was reading.
		if (code === "ENOENT") return undefined;
		if (code !== undefined) return unfit(node, `its file cannot be read (${code})`);
		return unfit(node, "its file is not as Prosody writes it");
	}
}

/** Prosody's own escaping: bytes, not characters. @throws {URIError} for bytes that are not UTF-8 */
const decodeName = (name: string) => decodeURIComponent(name);

const isFolder = async (path: string) => (await stat(path).catch(() => undefined))?.isDirectory() ?? false;

function cannotRead(path: string, error: unknown): StartError {
	if (error instanceof StartError) return error;
	const code = (error as NodeJS.ErrnoException).code ?? String(error);
	return new StartError(
		"import-source-unreadable",
		`${path} cannot be read (${code}): run this as a user who may, such as prosody.`,
		error,
	);
}
