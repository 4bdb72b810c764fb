/**
 * `bun run measure`: how long a start takes and how much memory an idle Reveille holds, beside a floor measured in
 * the same run: a Bun process that serves one Hono route.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../test/peers/ports.ts";
import { quantile, rssOf, untilHealthy } from "./measured-process.ts";

const RUNS = 10;
const ROOT = join(import.meta.dir, "..");

interface Sample {
	/** From spawning the process to its first answer over HTTP, ms. */
	startMs: number;
	/** Resident memory then, MiB. */
	rssMiB: number;
}

async function sample(command: string[], env: Record<string, string>): Promise<Sample> {
	const port = await freePort();
	const startedAt = performance.now();
	const child = Bun.spawn(command, {
		cwd: ROOT,
		env: { ...process.env, ...env, PORT: String(port) },
		stdout: "ignore",
		stderr: "ignore",
	});
	try {
		await untilHealthy(port, child.exited);
		return { startMs: performance.now() - startedAt, rssMiB: rssOf(child.pid) };
	} finally {
		child.kill("SIGKILL");
		await child.exited;
	}
}

const median = (values: number[]) =>
	quantile(
		values.toSorted((a, b) => a - b),
		0.5,
	);

async function measure(name: string, command: string[], env: () => Record<string, string>): Promise<Sample> {
	const samples: Sample[] = [];
	while (samples.length < RUNS) samples.push(await sample(command, env()));
	const result = {
		startMs: median(samples.map(({ startMs }) => startMs)),
		rssMiB: median(samples.map(({ rssMiB }) => rssMiB)),
	};
	console.log(
		`${name.padEnd(36)} ${result.startMs.toFixed(0).padStart(6)} ms ${result.rssMiB.toFixed(0).padStart(6)} MiB`,
	);
	return result;
}

const folder = mkdtempSync(join(tmpdir(), "reveille-measure-"));
try {
	const floorScript = join(ROOT, "node_modules", ".measure-floor.ts");
	writeFileSync(
		floorScript,
		`import { Hono } from "hono";
		const app = new Hono().get("/health", (c) => c.json({ status: "ok" }));
		Bun.serve({ hostname: "127.0.0.1", port: Number(process.env.PORT), fetch: app.fetch });`,
	);
	let runs = 0;
	console.log(`median of ${RUNS}: from the start of the process to its first answer, and its memory then\n`);
	const floor = await measure("floor: Bun with one Hono route", [process.execPath, floorScript], () => ({}));
	const first = await measure("first start, keys and files made", [process.execPath, "src/main.ts"], () => ({
		DATA_DIR: join(folder, `first-${runs++}`),
	}));
	const later = await measure("later start", [process.execPath, "src/main.ts"], () => ({
		DATA_DIR: join(folder, "first-0"),
	}));
	rmSync(floorScript);
	const ratio = (one: Sample) =>
		`${(one.startMs / floor.startMs).toFixed(1)} × the floor's time, ${(one.rssMiB / floor.rssMiB).toFixed(1)} × its memory`;
	console.log(`\nfirst start: ${ratio(first)}\nlater start: ${ratio(later)}`);
} finally {
	rmSync(folder, { recursive: true, force: true });
}
