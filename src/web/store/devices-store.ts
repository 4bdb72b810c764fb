/** `Devices` on IndexedDB: the page and the service worker each open it, and each change is one transaction. */
import { webWorkerBounds } from "../../limits/bounds/web-worker.ts";
import { cutBetweenCharacters } from "../../syntax/characters.ts";
import type { Devices, OtherSite, OwnDevice, PendingTest } from "../devices.ts";
import { openDatabase, resultOf, StorageFault, type Upgrades } from "./database.ts";

/** Of the web app's own. */
const NAME = "reveille";

/** By their node. */
const DEVICES = "devices";
/** The latest of each node. */
const TESTS = "tests";
/** Single values, by the names below. */
const FACTS = "facts";

const UPGRADES: Upgrades = [
	(database) => {
		database.createObjectStore(DEVICES, { keyPath: "node" });
		database.createObjectStore(TESTS, { keyPath: "node" });
		database.createObjectStore(FACTS);
	},
];

type Fact = "deviceId" | "openedAt" | "language" | "openTemplate" | "site";

/** What Reveille's own test push says: that of `POST /registrations/{node}/test`, and of the command `test-push`. */
export const REVEILLES_TEST = "Test";

interface Platform {
	/** Missing in some private windows. */
	indexedDB: IDBFactory | undefined;
	/** ms since the epoch */
	now: () => number;
	/** Of the database. */
	name?: string;
}

/** Opens it now. @throws {StorageFault} where this browser stores nothing */
export async function openDevices(platform: Platform): Promise<Devices> {
	const devices = createDevices(platform);
	await devices.openedAt();
	return devices;
}

/** Opened at its first use, for who does without if need be. All that it does: @throws {StorageFault} */
export function createDevices({ indexedDB, now, name = NAME }: Platform): Devices {
	const database = openDatabase(indexedDB, name, UPGRADES);

	const read = <T>(store: string, ask: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> =>
		database.run("readonly", (transaction) => resultOf(ask(transaction.objectStore(store))));

	const fact = <T>(name: Fact) => read<T | undefined>(FACTS, (facts) => facts.get(name));

	const setFact = (name: Fact, value: string | number | OtherSite) =>
		database.run("readwrite", async (transaction) => {
			await resultOf(transaction.objectStore(FACTS).put(value, name));
		});

	return {
		all: () => read<OwnDevice[]>(DEVICES, (devices) => devices.getAll()),

		get: (node) => read<OwnDevice | undefined>(DEVICES, (devices) => devices.get(node)),

		put: (device) => database.run("readwrite", (transaction) => write(transaction, device)),

		change: (node, change) =>
			database.run("readwrite", async (transaction) => {
				const devices = transaction.objectStore(DEVICES);
				const device: OwnDevice | undefined = await resultOf(devices.get(node));
				if (!device) return undefined;
				const changed = bounded({ ...change(device), node });
				await resultOf(devices.put(changed));
				return changed;
			}),

		replace: (node, device) =>
			database.run("readwrite", async (transaction) => {
				await erase(transaction, node);
				await write(transaction, device);
			}),

		remove: (node) => database.run("readwrite", (transaction) => erase(transaction, node)),

		deviceId: (fresh) =>
			database.run("readwrite", async (transaction) => {
				const facts = transaction.objectStore(FACTS);
				const name: Fact = "deviceId";
				const there = await resultOf<string | undefined>(facts.get(name));
				if (there === undefined) await resultOf(facts.put(fresh, name));
				return there ?? fresh;
			}),

		openedAt: () => fact<number>("openedAt"),
		setOpenedAt: (at) => setFact("openedAt", at),
		language: () => fact<string>("language"),
		setLanguage: (language) => setFact("language", language),
		openTemplate: () => fact<string>("openTemplate"),
		setOpenTemplate: (template) => setFact("openTemplate", template),
		site: () => fact<OtherSite>("site"),
		setSite: (site) => setFact("site", site),

		setPendingTest: (test) =>
			database.run("readwrite", async (transaction) => {
				const tests = transaction.objectStore(TESTS);
				for (const one of await resultOf<PendingTest[]>(tests.getAll())) {
					if (isLate(one, now())) await resultOf(tests.delete(one.node));
				}
				await resultOf(tests.put(test));
			}),

		takePendingTest: (node, body) =>
			database.run("readwrite", async (transaction) => {
				const tests = transaction.objectStore(TESTS);
				const test: PendingTest | undefined = await resultOf(tests.get(node));
				if (!test) return undefined;
				const isLost = isLate(test, now());
				// Where no text leaves, a test push has none.
				if (!isLost && body !== undefined && body !== (test.body ?? REVEILLES_TEST)) return undefined;
				await resultOf(tests.delete(node));
				return isLost ? undefined : test;
			}),
	};
}

const isLate = ({ startedAt }: PendingTest, now: number) => now - startedAt >= webWorkerBounds.testTime.is;

const bounded = (device: OwnDevice): OwnDevice => ({
	...device,
	name: cutBetweenCharacters(device.name, webWorkerBounds.name.is),
});

/** @throws {StorageFault} where there are too many */
async function write(transaction: IDBTransaction, device: OwnDevice): Promise<void> {
	const devices = transaction.objectStore(DEVICES);
	const others = (await resultOf<OwnDevice[]>(devices.getAll())).filter(({ node }) => node !== device.node);
	if (others.length >= webWorkerBounds.devices.is) {
		const [oldest] = others.filter(({ ended }) => ended).sort((a, b) => a.registeredAt - b.registeredAt);
		if (!oldest) throw new StorageFault("full");
		await erase(transaction, oldest.node);
	}
	await resultOf(devices.put(bounded(device)));
}

async function erase(transaction: IDBTransaction, node: string): Promise<void> {
	await resultOf(transaction.objectStore(DEVICES).delete(node));
	await resultOf(transaction.objectStore(TESTS).delete(node));
}
