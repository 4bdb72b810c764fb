/** The console's search among a million registrations, and what its indexes cost a registration. */
import { join } from "node:path";
import type { Client } from "@libsql/client";
import { base64url } from "jose";
import { openDatabase } from "../src/bun/database/open.ts";
import { createKeyring } from "../src/secrets.ts";
import { createBars } from "../src/store/console/bars.ts";
import { createSearch, type Search, type Wanted } from "../src/store/console/search.ts";
import { createRegistrations } from "../src/store/registrations/registrations.ts";
import { temporaryFolder } from "../test/peers/folder.ts";
import type { Figure, Row, Section } from "./rows.ts";
import { SECRET_KEY } from "./wire/seeded.ts";

const COUNT = 1_000_000;
const BATCH = 10_000;
/** Nothing may hold up the serving thread for longer, ms. */
const MOST_MS = 20;
/** What an operator waits for a page, ms. */
const MOST_PAGE_MS = 300;
const PAGE = 50;
/** Pages that are turned of each search, and how often it is begun. */
const PAGES = 20;
const TIMES = 5;

const COLUMNS = "node, owner, app, device, device_name, jid, token, host, party, registered_at, renewed_at";

/** Half of them at one large domain, the rest at a thousand small ones; a tenth over HTTP, without an owner. */
async function fill(client: Client): Promise<string[]> {
	const keyring = await createKeyring(SECRET_KEY);
	const nodes: string[] = [];
	for (let made = 0; made < COUNT; made += BATCH) {
		const rows = Array.from({ length: BATCH }, (_, at) => {
			const number = made + at;
			const node = keyring.createNode();
			if (number % 50_000 === 0) nodes.push(node);
			const domain = number % 2 === 0 ? "large.example" : `d${number % 1_999}.example`;
			const owner = number % 10 === 9 ? "" : `user${Math.floor(number / 3)}@${domain}`;
			const random = base64url.encode(crypto.getRandomValues(new Uint8Array(60)));
			const host = number % 3 === 0 ? "updates.push.services.mozilla.com" : `ntfy${number % 501}.example`;
			const app = number % 100_000 === 7 ? "rare" : number % 4 === 0 ? "fcm" : "webpush";
			const token = app === "fcm" ? `fcm${number}:${random}` : `https://${host}/wpush/v2/${random}`;
			const name = number % 2 === 0 ? `Phone ${number % 977} of somebody` : null;
			return [node, owner, app, `device${number}`, name, "push.example", token, null, domain, number, number];
		});
		await client.execute({
			sql: `INSERT INTO registrations (${COLUMNS}) SELECT ${Array.from({ length: 11 }, (_, n) => `value ->> ${n}`).join()} FROM json_each(?)`,
			args: [JSON.stringify(rows)],
		});
	}
	return nodes;
}

/** What this process computed so far, ms: unlike the clock it does not count what others on the machine do. */
function computed(): number {
	const { user, system } = process.cpuUsage();
	return (user + system) / 1000;
}

/** The most that was computed in one turn of the event loop while something was done, ms: so long others wait. */
async function longestTurn(work: () => Promise<unknown>): Promise<number> {
	let [most, at, isDone] = [0, computed(), false];
	const watch = () => {
		const now = computed();
		most = Math.max(most, now - at);
		at = now;
		if (!isDone) setImmediate(watch);
	};
	setImmediate(watch);
	await work();
	isDone = true;
	return Math.max(most, computed() - at);
}

const quantile = (sorted: readonly number[], q: number) => sorted[Math.floor(q * (sorted.length - 1))] ?? 0;

async function measureSearch(search: Search, wanted: Wanted) {
	const times: number[] = [];
	let [longest, found, pages] = [0, 0, 0];
	for (let time = 0; time < TIMES; time++) {
		let after: string | undefined;
		for (let page = 0; page < PAGES; page++) {
			const startedAt = performance.now();
			longest = Math.max(
				longest,
				await longestTurn(async () => {
					const { rows, next } = await search.find({ ...wanted, after }, PAGE);
					found += rows.length;
					after = next;
				}),
			);
			times.push(performance.now() - startedAt);
			pages++;
			if (after === undefined) break;
		}
	}
	times.sort((a, b) => a - b);
	const total = times.reduce((sum, ms) => sum + ms, 0);
	return {
		times,
		longest,
		found: found / TIMES,
		pages,
		rate: (1000 * pages) / total,
	};
}

const INDEXES = ["registrations_domain", "registrations_device_name", "registrations_app"];

/** Registrations a second as connectors write them, many at once. */
async function registeringRate(client: Client, db: Parameters<typeof createRegistrations>[0], count: number) {
	const plenty = { owner: 1_000, address: 1_000, host: 10_000_000 };
	const registrations = createRegistrations(db, plenty, { pause: () => Bun.sleep(1) });
	const keyring = await createKeyring(SECRET_KEY);
	const run = crypto.randomUUID().slice(0, 8);
	const wanted = Array.from({ length: count }, (_, at) => ({
		owner: `new${at}-${run}@large.example`,
		app: "webpush",
		device: `${run}-${at}`,
		deviceName: `Phone ${at}`,
		token: `https://updates.push.services.mozilla.com/${run}${base64url.encode(crypto.getRandomValues(new Uint8Array(60)))}`,
		party: "large.example",
	}));
	const [startedAt, before] = [performance.now(), computed()];
	let next = 0;
	const one = async () => {
		for (let at = next++; at < count; at = next++) {
			const its = wanted[at];
			if (its) await registrations.registerInBatch(its, keyring.createNode());
		}
	};
	await Promise.all(Array.from({ length: 64 }, one));
	const rate = (1000 * count) / (performance.now() - startedAt);
	const cpu = (1000 * (computed() - before)) / count;
	await client.execute("PRAGMA wal_checkpoint(TRUNCATE)");
	return { rate, cpu };
}

const KINDS = (node: string): [string, Wanted][] => [
	["no wish, the newest", {}],
	["a JID's first letter", { begins: "u" }],
	["a JID's beginning", { begins: "user12345" }],
	["a whole JID", { begins: "user100000@large.example" }],
	["a large domain", { begins: "large.exa" }],
	["a small domain", { begins: "d17.exa" }],
	["a node's beginning", { begins: node.slice(0, 8) }],
	["the first 5 characters that all nodes of a key have", { begins: node.slice(0, 5) }],
	["a device's name", { begins: "phone 97" }],
	["nothing that there is", { begins: "nothing of this" }],
	["a rare app", { app: "rare" }],
	["a common app", { app: "webpush" }],
	["a large host", { host: "updates.push.services.mozilla.com" }],
	["a small host", { host: "ntfy17.example" }],
	["a rare app at a large host", { host: "updates.push.services.mozilla.com", app: "rare" }],
	["a rare app at a large domain", { begins: "large.example", app: "rare" }],
	["a small host, of JIDs with one letter", { begins: "u", host: "ntfy17.example" }],
];

async function searching(search: Search, nodes: readonly string[], report: (row: Row) => void) {
	for (const [name, wanted] of KINDS(nodes[3] ?? "")) {
		await measureSearch(search, wanted);
		const { times, longest, found, pages, rate } = await measureSearch(search, wanted);
		const most = times.at(-1) ?? 0;
		report({
			name: `search: ${name}`,
			unit: "pages",
			ours: { rate, p50: quantile(times, 0.5), p99: quantile(times, 0.99) },
			must: [
				{ what: `no turn over ${MOST_MS} ms`, isMet: longest <= MOST_MS },
				{ what: `no page over ${MOST_PAGE_MS} ms`, isMet: most <= MOST_PAGE_MS },
			],
			note: `longest page ${most.toFixed(1)} ms, longest turn ${longest.toFixed(1)} ms; ${found} rows in ${pages / TIMES} pages`,
		});
	}
}

async function counting(db: Parameters<typeof createBars>[0], report: (row: Row) => void) {
	const bars = createBars(db, { endSome: async () => 0 });
	const startedAt = performance.now();
	let counted = { registrations: 0, people: 0 };
	const longest = await longestTurn(async () => {
		counted = await bars.count("large.example");
	});
	const { registrations, people } = counted;
	const ms = performance.now() - startedAt;
	report({
		name: "what barring a large domain would end",
		unit: "counts",
		ours: { rate: 1000 / ms },
		must: [{ what: `no turn over ${MOST_MS} ms`, isMet: longest <= MOST_MS }],
		note: `${registrations} registrations of ${people} people in ${ms.toFixed(0)} ms, longest turn ${longest.toFixed(1)} ms`,
	});
}

/** By turns, since what the machine gives changes from minute to minute. */
async function indexing(
	client: Client,
	db: Parameters<typeof createRegistrations>[0],
	report: (row: Row) => void,
): Promise<void> {
	const { rows } = await client.execute(
		`SELECT name, sql FROM sqlite_master WHERE type = 'index' AND name IN (${INDEXES.map((name) => `'${name}'`).join()})`,
	);
	const measured = { with: [] as Figure[], without: [] as Figure[] };
	for (let time = 0; time < 3; time++) {
		await registeringRate(client, db, 2_000);
		measured.with.push(await registeringRate(client, db, 20_000));
		for (const { name } of rows) await client.execute(`DROP INDEX "${name}"`);
		await registeringRate(client, db, 2_000);
		measured.without.push(await registeringRate(client, db, 20_000));
		for (const { sql } of rows) await client.execute(String(sql));
	}
	const median = (figures: Figure[]) => {
		const middle = (of: (figure: Figure) => number) => figures.map(of).sort((a, b) => a - b)[1] ?? 0;
		return { rate: middle(({ rate }) => rate), cpu: middle(({ cpu = 0 }) => cpu) };
	};
	const [ours, floor] = [median(measured.with), median(measured.without)];
	report({
		name: "registering beside a million, with the indexes of the search",
		unit: "registrations",
		ours,
		floor: { ...floor, name: "the same without these three indexes" },
		note: `${(ours.cpu - floor.cpu).toFixed(1)} µs of computing more for one; the median of three runs each, by turns`,
	});
}

export const search: Section = {
	name: "search",
	about: "the console's search among a million registrations, and what its indexes cost a registration",
	async run(report) {
		const folder = temporaryFolder("bench-search");
		const { client, db } = await openDatabase({
			url: `file:${join(folder.path, "reveille.db")}`,
			migrations: "shared",
		});
		try {
			const nodes = await fill(client);
			await searching(createSearch(db), nodes, report);
			await counting(db, report);
			await indexing(client, db, report);
		} finally {
			client.close();
			folder.remove();
		}
	},
};
