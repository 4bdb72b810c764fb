/**
 * Registering over HTTP, on disk when it is answered: beside a bare Hono route with one insert, and by the form of
 * mod_push_appserver beside that module.
 */
import { join } from "node:path";
import { generateVapidKey, importVapidKey } from "../src/services/webpush/vapid-signature.ts";
import { type Child, startChild } from "../test/peers/child.ts";
import { temporaryFolder } from "../test/peers/folder.ts";
import { freePort } from "../test/peers/ports.ts";
import { startReveille } from "../test/peers/reveille.ts";
import type { HttpLoad, HttpLoadReport } from "./http-load.ts";
import { cpuOf, rssOf } from "./measured-process.ts";
import { CHECKOUT, findPushAppserver, startPushAppserver } from "./push-appserver.ts";
import { atLeast, type Figure, missingRow, type Row, type Section } from "./rows.ts";
import { inTurns } from "./turns.ts";

const ROOT = join(import.meta.dir, "..");
const CONNECTIONS = 64;
const WARM_UP_MS = 2_000;
const MEASURED_MS = 6_000;
const TARGET = 0.5;
const LEAST = 5_000;
/** Of mod_push_appserver's rate. */
const FORM_TARGET = 2;

/** What registers, and how. */
type Requests = Pick<HttpLoad, "device" | "dialect">;

/** Settles with what the load generator measured; it has ended then. */
async function measure({ pid, port }: { pid: number; port: number }, requests: Requests): Promise<Figure> {
	const load: HttpLoad = {
		...requests,
		port,
		connections: CONNECTIONS,
		warmUpMs: WARM_UP_MS,
		ms: MEASURED_MS,
	};
	const result = Promise.withResolvers<Figure>();
	let cpuBefore = 0;
	const generator = Bun.spawn(
		[process.execPath, join(import.meta.dir, "http-load.ts"), JSON.stringify(load)],
		{
			stdout: "inherit",
			stderr: "inherit",
			ipc(report: HttpLoadReport) {
				if (report.kind === "measuring") {
					cpuBefore = cpuOf(pid);
					return;
				}
				const { count, seconds, p50, p99, wrong } = report;
				if (wrong !== undefined) return result.reject(new Error(`registering was refused: ${wrong}`));
				const cpu = (cpuOf(pid) - cpuBefore) / count;
				result.resolve({ rate: count / seconds, p50, p99, cpu, rss: rssOf(pid) });
			},
			onExit: (_process, code) => result.reject(new Error(`the load generator ended with ${code}`)),
		},
	);
	try {
		return await result.promise;
	} finally {
		generator.kill();
		await generator.exited;
	}
}

async function measureReveille(requests: Requests): Promise<Figure> {
	const folder = temporaryFolder("bench-registering");
	const reveille = await startReveille({
		settings: {
			ROLE: "http",
			DATABASE_URL: `file:${join(folder.path, "reveille.db")}`,
			SECRET_KEY: "the-key-that-this-benchmark-derives-secrets-from",
			VAPID_PUBLIC_KEY: (await importVapidKey(await generateVapidKey())).publicKey,
			XMPP_ADDRESS: "push.example.net",
			// Anybody may register, each device from a network of its own: see http-load.ts.
			XMPP_ALLOW: "*",
			REGISTRATION: "open",
			APPS: JSON.stringify([{ name: "fcm", service: "fcm" }]),
			LOG_LEVEL: "info",
		},
	});
	try {
		return await measure({ pid: reveille.pid(), port: Number(new URL(reveille.url).port) }, requests);
	} finally {
		await reveille.stop();
		folder.remove();
	}
}

async function measureFloor(requests: Requests): Promise<Figure> {
	const port = await freePort();
	const folder = temporaryFolder("bench-floor");
	let floor: Child | undefined;
	try {
		floor = startChild({
			command: [process.execPath, join(import.meta.dir, "registering-floor.ts")],
			logPath: join(folder.path, "floor.log"),
			cwd: ROOT,
			env: { PORT: String(port), DATABASE_FILE: join(folder.path, "floor.db") },
		});
		await floor.ready(async () => (await fetch(`http://127.0.0.1:${port}/health`)).ok);
		return await measure({ pid: floor.pid, port }, requests);
	} finally {
		await floor?.stop();
		folder.remove();
	}
}

async function measurePushAppserver(folder: string, requests: Requests): Promise<Figure> {
	const module = await startPushAppserver(folder);
	try {
		return await measure(module, requests);
	} finally {
		await module.stop();
	}
}

/** Both answer to the same form. Neither waits for the disk's own cache: both survive the end of a process. */
async function byForm(): Promise<Row> {
	const [name, unit] = ["registering by mod_push_appserver's form", "registrations"];
	const folder = findPushAppserver();
	if (folder === undefined)
		return missingRow(name, unit, `mod_push_appserver is not here (${CHECKOUT} names a checkout)`);
	const requests = { device: "fcm", dialect: "form" } as const;
	const { floor, ours } = await inTurns(
		() => measurePushAppserver(folder, requests),
		() => measureReveille(requests),
	);
	return {
		name,
		unit,
		ours,
		target: FORM_TARGET,
		floor: { ...floor, name: "mod_push_appserver in a Prosody, a small file for each device" },
		note: "Reveille writes to its database, the module a file for each device. Both are with the system when it is answered, and neither is synced to the disk for each",
	};
}

export const registering: Section = {
	name: "registering",
	about:
		"POST /api/v1/registrations against a bare Hono route with one insert; the form of mod_push_appserver against that",
	async run(report) {
		for (const [device, name] of [
			["fcm", "an FCM token"],
			["webpush", "a Web Push subscription"],
		] as const) {
			const { floor, ours } = await inTurns(
				() => measureFloor({ device, dialect: "json" }),
				() => measureReveille({ device, dialect: "json" }),
			);
			report({
				name: `registering ${name}`,
				unit: "registrations",
				ours,
				target: TARGET,
				floor: { ...floor, name: "bare Hono route, one insert of the same row through drizzle" },
				must: [atLeast(LEAST, ours)],
				note: `${CONNECTIONS} connections, each with one request on its way`,
			});
		}
		report(await byForm());
	},
};
