/**
 * `bun run measure`: how long a start takes and how much memory an idle Reveille holds, by each way to start it, beside a
 * floor measured in the same run: a Bun process that answers and does nothing else. It is kept in `bench/start.json`.
 */
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compiledProgram } from "../build/start.ts";
import packageJson from "../package.json" with { type: "json" };
import { freePort } from "../test/peers/ports.ts";
import { memoryOf, quantile, untilHealthy } from "./measured-process.ts";
import { commit, machine } from "./results.ts";
import { AIM, missedBy, type Start, writeStartResults } from "./start-results.ts";

const RUNS = 10;
const IDLE_S = 3;
const ROOT = join(import.meta.dir, "..");

/** One way to start it. */
interface Way {
	name: string;
	command: string[];
	isFloor?: true;
	/** Keys and files are to be made. */
	isFirst?: true;
}

/** What each start is measured by. */
type Sample = Omit<Start, "name" | "isFloor">;

async function sample(command: string[], dataFolder: string): Promise<Sample> {
	const port = await freePort();
	const startedAt = performance.now();
	const child = Bun.spawn(command, {
		cwd: ROOT,
		// As `bun run start` and the packages set it.
		env: {
			...process.env,
			BUN_CONFIG_MAX_HTTP_REQUESTS: "8192",
			DATA_DIR: dataFolder,
			PORT: String(port),
		},
		stdout: "ignore",
		stderr: "ignore",
	});
	try {
		await untilHealthy(port, child.exited);
		const ms = performance.now() - startedAt;
		await Bun.sleep(IDLE_S * 1000);
		return { ms, ...memoryOf(child.pid) };
	} finally {
		child.kill("SIGKILL");
		await child.exited;
	}
}

/** All ways that there are here, named by their scripts; of those that are built, the last builds. @param folder for what they are run from */
async function ways(folder: string): Promise<Way[]> {
	const floor = join(folder, "floor.ts");
	writeFileSync(
		floor,
		`Bun.serve({ hostname: "127.0.0.1", port: Number(process.env.PORT), fetch: () => new Response("ok") });`,
	);
	const sources = [process.execPath, "src/main.ts"];
	const program = await compiledProgram(ROOT);
	const binary = join(ROOT, "dist", "reveille");
	const packed = join(ROOT, "dist", `reveille-${packageJson.version}.tgz`);
	const compiled: Way[] = program
		? [
				{ name: "`start` first", command: [program], isFirst: true },
				{ name: "`start`, `deb`", command: [program] },
			]
		: [];
	return [
		{ name: "empty Bun", command: [process.execPath, floor], isFloor: true },
		...compiled,
		...(existsSync(binary) ? [{ name: "`build`", command: [binary] }] : []),
		...(existsSync(packed)
			? [{ name: "`pack`", command: [process.execPath, unpacked(packed, folder)] }]
			: []),
		{ name: "sources", command: sources },
	];
}

/** @returns the bundle of npm's package, in a folder below this one */
function unpacked(packed: string, folder: string): string {
	const { success, stderr } = Bun.spawnSync(["tar", "-xzf", packed, "-C", folder]);
	if (!success) throw new Error(stderr.toString());
	return join(folder, "package", "lib", "reveille.js");
}

const median = (values: number[]) =>
	quantile(
		values.toSorted((a, b) => a - b),
		0.5,
	);

/** One after the other, again and again: what else the machine does meets all of them. */
async function measured(all: readonly Way[], dataFolder: string): Promise<Start[]> {
	const samples = new Map<Way, Sample[]>(all.map((way) => [way, []]));
	// Makes what the later starts find.
	for (const { command, isFloor } of all) if (!isFloor) await sample(command, join(dataFolder, "later"));
	for (let run = 0; run < RUNS; run++) {
		for (const [way, of] of samples) {
			of.push(await sample(way.command, join(dataFolder, way.isFirst ? `first-${run}` : "later")));
		}
	}
	return [...samples].map(([{ name, isFloor }, of]) => ({
		name,
		...(isFloor ? { isFloor } : undefined),
		ms: median(of.map(({ ms }) => ms)),
		rss: median(of.map(({ rss }) => rss)),
		pss: median(of.map(({ pss }) => pss)),
		own: median(of.map(({ own }) => own)),
	}));
}

const folder = mkdtempSync(join(tmpdir(), "reveille-measure-"));
// npm's package finds libSQL above itself.
const programs = join(ROOT, "node_modules", ".measure");
try {
	mkdirSync(programs, { recursive: true });
	console.log(
		`medians of ${RUNS}, in turns: from the start of the process to its first answer, and its memory ${IDLE_S} s later\n`,
	);
	const starts = await measured(await ways(programs), folder);
	const cell = (value: number | string) => (typeof value === "number" ? value.toFixed(0) : value).padStart(9);
	console.log(`${"".padEnd(28)}${["ms", "RSS MiB", "PSS MiB", "own MiB"].map(cell).join("")}`);
	for (const { name, ms, rss, pss, own, isFloor } of starts) {
		const missed = isFloor ? [] : missedBy({ ms, rss });
		const verdict = isFloor ? "" : missed.length > 0 ? `  MISSED: ${missed.join(", ")}` : "  met";
		console.log(`${name.padEnd(28)}${[ms, rss, pss, own].map(cell).join("")}${verdict}`);
	}
	console.log(`\nThe aim: under ${AIM.ms} ms, and under ${AIM.rss} MiB resident when idle.`);
	writeStartResults(join(ROOT, "bench", "start.json"), {
		measuredAt: new Date().toISOString(),
		commit: commit(ROOT),
		machine: machine(),
		runs: RUNS,
		idleS: IDLE_S,
		starts,
	});
} finally {
	for (const made of [folder, programs]) rmSync(made, { recursive: true, force: true });
}
