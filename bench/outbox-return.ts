/** Fresh pushes beside those that waited: a push service comes back, and the outbox has a queue for it. */
import { join } from "node:path";
import { serviceAccountAt } from "./fcm.ts";
import type { Returned, ReturningLoad, ReturningReport } from "./returning-fcm.ts";
import type { Row } from "./rows.ts";
import { medianOf, TURNS } from "./turns.ts";
import { firstStartWith, reveilleOn } from "./wire/scene.ts";
import { seed } from "./wire/seeded.ts";

const RATE = 500;
/** In that time 10,000 are kept, as at 167 a second in a minute; and more until the breaker tries again. */
const AWAY_S = 20;
const WARM_S = 5;
const MEASURED_S = 5;
const REGISTRATIONS = 100_000;
/** Of what the same pushes took before. */
const MOST = 2;

/** One going away and coming back, with a Reveille and a load of its own. */
async function measure(dataFolder: string, targets: string): Promise<Returned> {
	const load: ReturningLoad = {
		targets,
		rate: RATE,
		warmSeconds: WARM_S,
		seconds: MEASURED_S,
		awaySeconds: AWAY_S,
	};
	const listening = Promise.withResolvers<Extract<ReturningReport, { kind: "listening" }>>();
	const measured = Promise.withResolvers<Returned>();
	const loading = Bun.spawn(
		[process.execPath, join(import.meta.dir, "returning-fcm.ts"), JSON.stringify(load)],
		{
			stdout: "inherit",
			stderr: "inherit",
			ipc(report: ReturningReport) {
				if (report.kind === "listening") listening.resolve(report);
				else measured.resolve(report);
			},
			onExit: () => measured.reject(new Error("the load ended")),
		},
	);
	measured.promise.catch(listening.reject);
	let ours: Awaited<ReturnType<ReturnType<typeof reveilleOn>>> | undefined;
	try {
		const { url, service } = await listening.promise;
		// That FCM fails is no news here.
		ours = await reveilleOn(dataFolder, providerAt(url), { LOG_LEVEL: "error" })(service);
		return await measured.promise;
	} finally {
		await ours?.stop();
		loading.kill();
		await loading.exited;
	}
}

const providerAt = (url: string) => ({ kind: "fcm", url, serviceAccount: serviceAccountAt(url) }) as const;

function rowOf(all: readonly Returned[]): Row {
	const of = (name: "before" | "beside" | "after") => medianOf(all.map((one) => one[name]));
	const middle = (name: "waited" | "seconds") => medianOf(all.map((one) => ({ rate: one[name] }))).rate;
	const none = (...names: ("errors" | "lost" | "twice")[]) =>
		all.every((one) => names.every((name) => one[name] === 0));
	const [before, ours, after] = [of("before"), of("beside"), of("after")];
	const waited = Math.round(middle("waited")).toLocaleString("en");
	return {
		name: "fresh pushes while what waited goes out",
		unit: "pushes",
		ours,
		floor: { ...before, name: "the same pushes before the push service went away" },
		must: [
			{
				what: `p99 at most ${MOST} times what it was before`,
				isMet: (ours.p99 ?? 0) <= MOST * (before.p99 ?? 0),
			},
			{ what: "every publish answered `result`", isMet: none("errors") },
			{ what: "each push came once", isMet: none("lost", "twice") },
		],
		note: `FCM answered 503 for ${AWAY_S} s; ${waited} waited when its gate opened, and had come ${middle("seconds").toFixed(1)} s later. From publish to FCM; p99 afterwards ${after.p99?.toFixed(1)} ms`,
	};
}

export async function outboxReturn(): Promise<Row> {
	// A first start that asks no push service for anything.
	const unasked = { kind: "webpush", url: "http://127.0.0.1:1" } as const;
	const all: Returned[] = [];
	while (all.length < TURNS) {
		const seeded = await seed(REGISTRATIONS, "fcm", unasked, firstStartWith(unasked));
		try {
			all.push(await measure(seeded.dataFolder, seeded.targets));
		} finally {
			seeded.remove();
		}
	}
	return rowOf(all);
}
