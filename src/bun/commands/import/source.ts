/** Opens what is to be imported: chooses the reader by what is there. */
import { stat } from "node:fs/promises";
import { StartError } from "../../start-error.ts";
import type { ImportArguments } from "./arguments.ts";
import { readCsv } from "./csv.ts";
import type { Found } from "./found-registration.ts";
import { findHostStores, readHostStore } from "./prosody-files.ts";
import { openSqliteStore } from "./prosody-sqlite.ts";

export interface Source {
	/** The component whose address the users' servers publish to, if that is known. */
	host: string | undefined;
	read(): AsyncIterable<Found> | Iterable<Found>;
	close(): void;
}

/** @throws {StartError} */
export async function openSource({ from, path, host }: ImportArguments): Promise<Source> {
	if (from === "csv") return { host: undefined, read: () => readCsv(textOf(path)), close: () => undefined };
	const isFolder = await stat(path).then(
		(found) => found.isDirectory(),
		() => {
			throw new StartError(
				"import-source-unreadable",
				`${path} is not there, or this user may not look: give Prosody's data folder.`,
			);
		},
	);
	if (isFolder) {
		const stores = await findHostStores(path);
		const store = choose(stores, host, path);
		return { host: store.host, read: () => readHostStore(store), close: () => undefined };
	}
	const sqlite = openSqliteStore(path);
	const hosts = sqlite.hosts().map((name) => ({ host: name }));
	const chosen = choose(hosts, host, path);
	return { host: chosen.host, read: () => sqlite.read(chosen.host), close: sqlite.close };
}

/** Several components are several apps, with devices that may have the same ids: one at a time. */
function choose<Store extends { host: string }>(
	stores: readonly Store[],
	host: string | undefined,
	path: string,
): Store {
	const [first, ...more] = stores;
	if (!first)
		throw new StartError(
			"import-nothing-found",
			`Nothing was found: mod_push_appserver stored nothing in ${path}.`,
		);
	const named = stores.map((store) => store.host).join(", ");
	if (host === undefined) {
		if (more.length === 0) return first;
		throw new StartError(
			"import-host",
			`Prosody has registrations of several hosts, choose one with --host: ${named}.`,
		);
	}
	const store = stores.find((candidate) => candidate.host === host);
	if (store) return store;
	throw new StartError("import-host", `Prosody has no registrations of ${host}. It has: ${named}.`);
}

/** @throws {StartError} when it cannot be read, or is not UTF-8 */
async function* textOf(path: string): AsyncGenerator<string> {
	const decoder = new TextDecoder("utf-8", { fatal: true });
	const file = path === "-" ? Bun.stdin : Bun.file(path);
	try {
		for await (const bytes of file.stream()) yield decoder.decode(bytes, { stream: true });
		yield decoder.decode();
	} catch (error) {
		if (error instanceof StartError) throw error;
		const { code } = error as NodeJS.ErrnoException;
		const why = error instanceof TypeError ? "it is not UTF-8" : (code ?? String(error));
		throw new StartError("import-source-unreadable", `${path} cannot be read: ${why}.`, error);
	}
}
