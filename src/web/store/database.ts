/** IndexedDB by promises: opening, and one transaction at a time. */

/** Why a browser keeps nothing. The message is for a person, and says what to do. */
export class StorageFault extends Error {
	override name = "StorageFault";
	readonly kind: keyof typeof SENTENCES;

	constructor(kind: keyof typeof SENTENCES, options?: ErrorOptions) {
		super(SENTENCES[kind], options);
		this.kind = kind;
	}
}

const SENTENCES = {
	missing: "This browser stores nothing for this page. Open it in a window that is not private.",
	blocked: "Another tab has an older version of this page. Close it, then load this page again.",
	older: "A newer version of this page was open in this browser. Load this page again.",
	full: "This browser has no room left for this page. Free some space, or end a device.",
	failed: "This browser could not read what it stored. Load this page again.",
} as const;

/** What each version of the database adds to the one before, the first first. Never changed once it is out. */
export type Upgrades = readonly ((database: IDBDatabase) => void)[];

export interface Database {
	/**
	 * Runs in a transaction of its own: what it throws undoes all of it.
	 * @param use awaits nothing but requests of this transaction, which would end otherwise
	 * @throws {StorageFault}
	 */
	run<T>(mode: "readonly" | "readwrite", use: (transaction: IDBTransaction) => Promise<T>): Promise<T>;
}

/**
 * It is opened at its first use, and again where the browser closed it, as iOS does with pages that sleep.
 * @param indexedDB missing in some private windows
 */
export function openDatabase(indexedDB: IDBFactory | undefined, name: string, upgrades: Upgrades): Database {
	let opening: Promise<IDBDatabase> | undefined;

	const forget = () => {
		opening = undefined;
	};

	async function opened(): Promise<IDBDatabase> {
		opening ??= connect(indexedDB, name, upgrades);
		try {
			const database = await opening;
			database.onclose = forget;
			// A newer page in another tab must not wait for this one.
			database.onversionchange = () => {
				database.close();
				forget();
			};
			return database;
		} catch (error) {
			forget();
			throw error;
		}
	}

	/** @throws where the connection is closed already, which its owner may not have heard of yet */
	async function begin(mode: IDBTransactionMode): Promise<IDBTransaction> {
		const database = await opened();
		try {
			return database.transaction([...database.objectStoreNames], mode);
		} catch {
			forget();
			const again = await opened();
			return again.transaction([...again.objectStoreNames], mode);
		}
	}

	return {
		async run(mode, use) {
			try {
				const transaction = await begin(mode);
				const ended = endOf(transaction);
				try {
					const result = await use(transaction);
					await ended;
					return result;
				} catch (error) {
					ended.catch(() => {});
					abort(transaction);
					throw error;
				}
			} catch (error) {
				throw faultOf(error);
			}
		},
	};
}

/** What a request brings. */
export function resultOf<T>(request: IDBRequest<T>): Promise<T> {
	return new Promise((resolve, reject) => {
		request.onsuccess = () => resolve(request.result);
		request.onerror = () => reject(request.error);
	});
}

function connect(indexedDB: IDBFactory | undefined, name: string, upgrades: Upgrades): Promise<IDBDatabase> {
	return new Promise((resolve, reject) => {
		if (!indexedDB) throw new StorageFault("missing");
		const request = openRequest(indexedDB, name, upgrades.length);
		let isGivenUp = false;
		request.onupgradeneeded = ({ oldVersion }) => {
			for (const upgrade of upgrades.slice(oldVersion)) upgrade(request.result);
		};
		request.onblocked = () => {
			isGivenUp = true;
			reject(new StorageFault("blocked"));
		};
		request.onsuccess = () => {
			if (isGivenUp) request.result.close();
			else resolve(request.result);
		};
		request.onerror = () => reject(request.error);
	});
}

/** Firefox and Chromium throw where storage is not allowed. */
function openRequest(indexedDB: IDBFactory, name: string, version: number): IDBOpenDBRequest {
	try {
		return indexedDB.open(name, version);
	} catch (cause) {
		throw new StorageFault("missing", { cause });
	}
}

function endOf(transaction: IDBTransaction): Promise<void> {
	return new Promise((resolve, reject) => {
		transaction.oncomplete = () => resolve();
		transaction.onabort = () => reject(transaction.error ?? new StorageFault("failed"));
	});
}

function abort(transaction: IDBTransaction): void {
	try {
		transaction.abort();
	} catch {
		// It ended by itself.
	}
}

/** What browsers call it. */
const KINDS: Readonly<Record<string, StorageFault["kind"]>> = {
	VersionError: "older",
	QuotaExceededError: "full",
	// In private windows that have the interface alone.
	InvalidStateError: "missing",
	SecurityError: "missing",
};

function faultOf(error: unknown): unknown {
	if (!(error instanceof DOMException)) return error;
	return new StorageFault(KINDS[error.name] ?? "failed", { cause: error });
}
