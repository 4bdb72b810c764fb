/** One run: publishes flow in, the process is killed, starts again, and every publish is accounted for. */
import { join } from "node:path";
import type { PushClass } from "../../../src/types.ts";
import { startChild } from "../../peers/child.ts";
import { temporaryFolder } from "../../peers/folder.ts";
import { freePort } from "../../peers/ports.ts";
import { type Reveille, startReveille } from "../../peers/reveille.ts";
import { metric } from "../fleet.ts";
import { type Choices, conductIn, oneOf, randomOf } from "./choices.ts";
import { hasten, registeredIn, waitingIn } from "./data.ts";
import { audit, type Device, type Kill, type Ledger, type Publish, type Totals } from "./ledger.ts";
import { startUnsteadyFcm, type UnsteadyFcm } from "./unsteady-fcm.ts";
import type { WayIn } from "./way-in.ts";

export interface Report {
	/** What happened, in one line. */
	line: string;
	totals: Totals;
	/** What does not add up. */
	faults: string[];
}

export interface RunOptions extends Partial<Pick<Ledger, "resentMs" | "isServers">> {
	/** Whether the XMPP server keeps everything, so that every publish is answered in the end. */
	keepsAll?: boolean;
}

/** How long after the last start the outbox may take to empty, ms: what fails twice waits ten seconds. */
const PATIENCE_MS = 45_000;

/** What a process wrote before it was killed has come after this long, ms. */
const ARRIVAL_MS = 20;

/** Most publishes tell of a message. */
const CLASSES: readonly PushClass[] = ["high", "high", "high", "high", "low", "low", "event", "voip"];

/** How often the load is caught up with, ms. */
const TICK_MS = 4;

function settingsOf({ moods, intervalMs }: Choices, fcm: UnsteadyFcm, wayIn: WayIn) {
	const apps = moods.map((_, index) => ({
		name: `app-${index}`,
		service: "fcm",
		url: fcm.url,
		service_account: fcm.serviceAccount(`project-${index}`),
	}));
	return {
		...wayIn.settings,
		APPS: JSON.stringify(apps),
		PUSH_INTERVAL_MS: String(intervalMs),
		ADMIN_TOKEN: "the-token-of-those-who-look-at-metrics",
		REGISTRATION_TOKEN: "the-registration-token-of-all-connectors",
		XMPP_ALLOW: "*",
		LOG_LEVEL: "info",
	};
}

/** @throws when the process does not do what every run needs: start, register, empty its outbox */
export async function killRun(choices: Choices, wayIn: WayIn, options: RunOptions = {}): Promise<Report> {
	const { moment, killAfterMs, thenAfterMs } = choices;
	const fcm = await startUnsteadyFcm();
	const folder = temporaryFolder("kill");
	let reveille: Reveille | undefined;
	let stopLoad: (() => void) | undefined;
	try {
		const DATA_DIR = join(folder.path, "data");
		const settings = { ...settingsOf(choices, fcm, wayIn), DATA_DIR };
		if (moment === "at the first start too") await killWhileStarting(settings, thenAfterMs);
		const process = await startReveille({ settings }, "ready");
		reveille = process;
		const devices = await register(process, choices, fcm);
		const publishes: Publish[] = [];
		const kills: Kill[] = [];

		/** SIGKILL; the answers that are still on their way are taken in before the next start. */
		const kill = async () => {
			await process.kill9();
			const at = performance.now();
			const waiting = waitingIn(DATA_DIR);
			await Bun.sleep(ARRIVAL_MS);
			kills.push({ at, answered: new Set(wayIn.answers.keys()), waiting });
		};

		fcm.behave(({ project, count }, times) =>
			conductIn(choices.moods[Number(project.at(-1))] ?? "", choices, count, times),
		);
		stopLoad = startLoad(choices, devices, wayIn, publishes);
		// Here and below, what is slept is drawn by lot: the moment of the kill is the story.
		const isOutage = moment === "in an outage";
		if (isOutage) await Bun.sleep(killAfterMs / 2);
		if (isOutage) fcm.behave(({ count }, times) => conductIn("out", choices, count, times));
		await Bun.sleep(isOutage ? killAfterMs / 2 : killAfterMs);
		let halted: Promise<void> | undefined;
		if (moment === "in the drain") {
			halted = process.halt();
			await Bun.sleep(thenAfterMs);
		}
		await kill();
		await halted;
		if (moment === "twice under load") {
			await process.start();
			await Bun.sleep(thenAfterMs);
			await kill();
		}
		if (moment === "at the next start too") {
			const starting = process.start().catch(() => {});
			await Bun.sleep(thenAfterMs);
			await kill();
			await starting;
		}
		stopLoad();

		fcm.behave(() => "at once");
		if (choices.hastened) hasten(DATA_DIR);
		await process.start();
		await untilEmpty(process);
		// All are still registered, and served.
		const last = devices.map((device) => publishOne(publishes, device, "high", wayIn));
		await until("the last publishes are answered", () => last.every((count) => wayIn.answers.has(count)));
		if (options.keepsAll) {
			await until("all publishes are answered", () => wayIn.answers.size === publishes.length);
		}
		await untilEmpty(process);
		await process.kill9();
		const left = waitingIn(DATA_DIR).map(
			({ count }) => `${count} waits still, and the gauge says that nothing does`,
		);

		const { pushes } = fcm;
		const { answers } = wayIn;
		const { resentMs, isServers = () => false } = options;
		const { totals, faults } = audit({
			publishes,
			answers,
			pushes,
			kills,
			devices,
			registered: registeredIn(DATA_DIR),
			isServers,
			...(resentMs !== undefined && { resentMs }),
		});
		return { line: lineOf(choices, totals), totals, faults: [...faults, ...left] };
	} finally {
		stopLoad?.();
		await reveille?.kill9();
		await reveille?.stop();
		fcm.stop();
		folder.remove();
	}
}

/** A start in an empty folder, which is not the last one. */
async function killWhileStarting(settings: Record<string, string | undefined>, afterMs: number) {
	const folder = temporaryFolder("start");
	const child = startChild({
		command: [process.execPath, "src/main.ts"],
		cwd: join(import.meta.dir, "../../../"),
		logPath: join(folder.path, "reveille.log"),
		env: { ...settings, PORT: String(await freePort()) },
	});
	await Bun.sleep(afterMs);
	await child.kill9();
	folder.remove();
}

async function register(at: Reveille, choices: Choices, fcm: UnsteadyFcm): Promise<Device[]> {
	return Promise.all(
		Array.from({ length: choices.devices }, async (_, index) => {
			const token = `device-${choices.seed}-${index}`;
			const body = { app: `app-${index % choices.moods.length}`, token };
			const { node, secret, jid } = await at.registerDevice(body, "the-registration-token-of-all-connectors");
			if (index < choices.gone) fcm.unregister(token);
			return { node, secret, jid, token };
		}),
	);
}

function publishOne(publishes: Publish[], device: Device, pushClass: PushClass, wayIn: WayIn): number {
	const count = publishes.length + 1;
	const publish = { count, at: performance.now(), device, class: pushClass };
	publishes.push(publish);
	wayIn.publish(publish);
	return count;
}

/** Publishes to all devices, as evenly as a busy machine can, whenever somebody is there. @returns how to end it */
function startLoad(
	{ seed, perSecond }: Choices,
	devices: readonly Device[],
	wayIn: WayIn,
	publishes: Publish[],
): () => void {
	const random = randomOf(seed + 1);
	let owed = 0;
	let before = performance.now();
	const timer = setInterval(() => {
		const at = performance.now();
		owed = wayIn.isOpen() ? owed + ((at - before) * perSecond) / 1000 : 0;
		before = at;
		for (; owed >= 1; owed--) {
			publishOne(publishes, oneOf(devices, random), oneOf(CLASSES, random), wayIn);
		}
	}, TICK_MS);
	return () => clearInterval(timer);
}

const untilEmpty = (reveille: Reveille) =>
	until("the outbox is empty", async () => (await metric(reveille, "reveille_outbox_entries")) === 0);

async function until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
	const deadline = performance.now() + PATIENCE_MS;
	while (!(await isSo())) {
		if (performance.now() > deadline) throw new Error(`not after ${PATIENCE_MS} ms: ${what}`);
		// Nobody tells: the gauge is asked for.
		await Bun.sleep(20);
	}
}

function lineOf(
	{ seed, moment, killAfterMs, thenAfterMs, moods, intervalMs }: Choices,
	totals: Totals,
): string {
	const then = moment === "under load" || moment === "in an outage" ? "" : ` (${thenAfterMs} ms)`;
	const { published, answered, before, after, superseded, ambiguous, twice } = totals;
	return [
		`seed ${seed}: killed ${moment}${then} after ${killAfterMs} ms, ${moods.join("/")}, throttle ${intervalMs} ms:`,
		`${published} published, ${answered} answered, delivered ${before} before + ${after} after,`,
		`${superseded} superseded, ${ambiguous} ambiguous, ${twice} twice`,
	].join(" ");
}
