/** Registering over HTTP, on disk when it is answered, beside a bare Hono route with one insert. */
import { join } from "node:path";
import { generateVapidKey, importVapidKey } from "../src/services/webpush/vapid-signature.ts";
import { type Child, startChild } from "../test/peers/child.ts";
import { temporaryFolder } from "../test/peers/folder.ts";
import { freePort } from "../test/peers/ports.ts";
import { startReveille } from "../test/peers/reveille.ts";
import type { HttpLoad, HttpLoadReport } from "./http-load.ts";
import { cpuOf, rssOf } from "./measured-process.ts";
import { atLeast, type Figure, type Section } from "./rows.ts";
import { inTurns } from "./turns.ts";

const ROOT = join(import.meta.dir, "..");
const CONNECTIONS = 64;
const WARM_UP_MS = 2_000;
const MEASURED_MS = 6_000;
const TARGET = 0.5;
const LEAST = 5_000;

/** Settles with what the load generator measured; it has ended then. */
async function measure(
	{ pid, port }: { pid: number; port: number },
	device: HttpLoad["device"],
): Promise<Figure> {
	const load: HttpLoad = { port, device, connections: CONNECTIONS, warmUpMs: WARM_UP_MS, ms: MEASURED_MS };
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

async function measureReveille(device: HttpLoad["device"]): Promise<Figure> {
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
		return await measure({ pid: reveille.pid(), port: Number(new URL(reveille.url).port) }, device);
	} finally {
		await reveille.stop();
		folder.remove();
	}
}

async function measureFloor(device: HttpLoad["device"]): Promise<Figure> {
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
		return await measure({ pid: floor.pid, port }, device);
	} finally {
		await floor?.stop();
		folder.remove();
	}
}

export const registering: Section = {
	name: "registering",
	about:
		"POST /api/v1/registrations, on disk when answered, against a bare Hono route with one drizzle insert",
	async run(report) {
		for (const [device, name] of [
			["fcm", "an FCM token"],
			["webpush", "a Web Push subscription"],
		] as const) {
			const { floor, ours } = await inTurns(
				() => measureFloor(device),
				() => measureReveille(device),
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
	},
};
