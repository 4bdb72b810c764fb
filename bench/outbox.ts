/** Draining the outbox: what waited while a provider was away goes out, beside a bare loop that does the same. */
import { join } from "node:path";
import { deliveryBounds } from "../src/limits/bounds/delivery.ts";
import { startChild } from "../test/peers/child.ts";
import { temporaryFolder } from "../test/peers/folder.ts";
import { startReveille } from "../test/peers/reveille.ts";
import type { FcmReport } from "./answering-fcm.ts";
import { serviceAccountAt } from "./fcm.ts";
import { cpuOf, rssOf } from "./measured-process.ts";
import { outboxReturn } from "./outbox-return.ts";
import type { Figure, Section } from "./rows.ts";
import { inTurns } from "./turns.ts";

const ROOT = join(import.meta.dir, "..");
const PUSHES = 100_000;
const TARGET = 0.5;
/** After that something is wrong, ms. */
const PATIENCE_MS = 180_000;
/** Both as `bun run start` sets it. */
const HTTP_REQUESTS = { BUN_CONFIG_MAX_HTTP_REQUESTS: "8192" };

/** A data folder with registrations, and one due push for each. */
async function fill(dataFolder: string): Promise<void> {
	const command = [process.execPath, join(import.meta.dir, "full-outbox.ts"), dataFolder, String(PUSHES)];
	const code = await Bun.spawn(command, { stdout: "inherit", stderr: "inherit" }).exited;
	if (code !== 0) throw new Error(`the outbox could not be filled: ${code}`);
}

/**
 * @param start begins to drain a data folder towards a provider
 * @returns the figure, and how many messages came that had come before
 */
async function drain(
	start: (dataFolder: string, url: string) => Promise<{ pid: number; stop(): Promise<void> }>,
): Promise<{ figure: Figure; twice: number }> {
	const folder = temporaryFolder("bench-outbox");
	const dataFolder = join(folder.path, "data");
	await fill(dataFolder);
	const listening = Promise.withResolvers<string>();
	const all = Promise.withResolvers<Extract<FcmReport, { kind: "all" }>>();
	let drainer: Awaited<ReturnType<typeof start>> | undefined;
	let cpuBefore = 0;
	const provider = Bun.spawn([process.execPath, join(import.meta.dir, "answering-fcm.ts"), String(PUSHES)], {
		stdout: "inherit",
		stderr: "inherit",
		ipc(report: FcmReport) {
			if (report.kind === "listening") listening.resolve(report.url);
			else if (report.kind === "first") cpuBefore = drainer ? cpuOf(drainer.pid) : 0;
			else all.resolve(report);
		},
		onExit: () => all.reject(new Error("the provider ended")),
	});
	const impatience = setTimeout(
		() => all.reject(new Error("the outbox was not drained in time")),
		PATIENCE_MS,
	);
	try {
		drainer = await start(dataFolder, await listening.promise);
		const { seconds, messages } = await all.promise;
		const cpu = (cpuOf(drainer.pid) - cpuBefore) / PUSHES;
		return { figure: { rate: PUSHES / seconds, cpu, rss: rssOf(drainer.pid) }, twice: messages - PUSHES };
	} finally {
		clearTimeout(impatience);
		await drainer?.stop();
		provider.kill();
		await provider.exited;
		folder.remove();
	}
}

async function startOurs(dataFolder: string, url: string) {
	const reveille = await startReveille({
		settings: {
			...HTTP_REQUESTS,
			DATA_DIR: dataFolder,
			SECRET_KEY: "the-key-that-this-benchmark-derives-secrets-from",
			FCM_SERVICE_ACCOUNT: serviceAccountAt(url),
			FCM_URL: url,
			LOG_LEVEL: "info",
		},
	});
	return { pid: reveille.pid(), stop: reveille.stop };
}

async function startFloor(dataFolder: string, url: string) {
	const child = startChild({
		command: [process.execPath, join(import.meta.dir, "outbox-floor.ts")],
		logPath: join(dataFolder, "floor.log"),
		cwd: ROOT,
		env: {
			...HTTP_REQUESTS,
			FCM_URL: url,
			AT_ONCE: String(deliveryBounds.retriesOfGate.is),
			OUTBOX_FILE: join(dataFolder, "outbox.db"),
		},
	});
	return { pid: child.pid, stop: () => child.kill9() };
}

export const outbox: Section = {
	name: "outbox",
	about: `${PUSHES.toLocaleString("en")} due pushes drained to FCM, against a bare loop that reads, sends and deletes each row; fresh pushes beside what waited, against those before`,
	async run(report) {
		let twice = 0;
		const { floor, ours } = await inTurns(
			async () => (await drain(startFloor)).figure,
			async () => {
				const drained = await drain(startOurs);
				twice += drained.twice;
				return drained.figure;
			},
		);
		report({
			name: "outbox drained to FCM",
			unit: "pushes",
			ours,
			target: TARGET,
			floor: { ...floor, name: "bare loop: read, send, delete; no registration looked up" },
			must: [{ what: "each sent once", isMet: twice === 0 }],
			note: `${PUSHES.toLocaleString("en")} pushes, ${deliveryBounds.retriesOfGate.is} on their way at once, which is what one provider gets from the outbox`,
		});
		report(await outboxReturn());
	},
};
