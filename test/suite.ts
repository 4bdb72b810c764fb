/** What all ways to run the tests have in common: the peers they need, and how `bun test` is run. */
import { statfsSync } from "node:fs";
import { freemem, tmpdir } from "node:os";
import { ROOT } from "./files.ts";
import { temporaryFolder } from "./peers/folder.ts";
import { guard } from "./peers/guard.ts";
import { ensurePeers } from "./peers/install.ts";
import { MissingPeer } from "./peers/missing-peer.ts";
import { closingLine, type Tally, tallyOf } from "./tally.ts";

/** Files side by side: more than half of their time is waiting, so that two cores bear three. */
export const WORKERS = 3;

/** How long each file took, which `bun run test --update-timings` writes anew. One that is missing there begins first. */
export const TIMINGS = "test/timings.json";

/** Installs the peers that are missing. Nothing is skipped for want of one: this process ends, as a failed run. */
export async function needPeers(peers: Parameters<typeof ensurePeers>[0]): Promise<void> {
	await needed((onProgress) => ensurePeers(peers, onProgress));
}

/** The same for whatever else a run cannot do without. */
export async function needed<T>(ensure: (onProgress: (sentence: string) => void) => Promise<T>): Promise<T> {
	try {
		return await ensure((sentence) => console.log(sentence));
	} catch (error) {
		if (!(error instanceof MissingPeer)) throw error;
		console.error(error.message);
		console.log(closingLine({ passed: 0, failed: 1, skipped: 0 }));
		process.exit(1);
	}
}

/**
 * Two tests fill up a small disk, which they mount. Who may not mount gets a namespace in which they may, where the
 * kernel allows it; where it does not, those tests say so and fail.
 */
function allowedToMount(): string[] {
	const inNamespace = ["unshare", "-Urm"];
	const works = (command: string[]) => Bun.spawnSync(command, { stdout: "ignore", stderr: "ignore" }).success;
	if (works(["unshare", "-m", "true"]) || !works([...inNamespace, "true"])) return [];
	return inNamespace;
}

/** Linux keeps its files in memory. */
const IN_MEMORY = "/dev/shm";
/** A run's files come to a third of this. */
const ROOM_BYTES = 2 ** 30;

/**
 * Where the files of a run are: in memory if there is room, as a disk that three files' databases are synced to at once
 * is what they wait for. No test needs more of a disk than that it outlives a process.
 */
function folderOfRuns(): string {
	try {
		const { bavail, bsize } = statfsSync(IN_MEMORY);
		return Math.min(bavail * bsize, freemem() / 2) >= ROOM_BYTES ? IN_MEMORY : tmpdir();
	} catch {
		return tmpdir();
	}
}

/** Files that `bun test` runs together. */
export interface TestRun {
	/** Their paths, from ROOT; one or more. */
	files: readonly string[];
	/**
	 * How many run side by side, in so many processes, each file without what another left in its. Default: one after
	 * the other, in one process.
	 */
	workers?: number;
	/** How long each takes, ms, as Bun wrote it: the slowest are begun first. A path from ROOT. */
	timings?: string;
	/** Have the times of this run written there. */
	writesTimings?: true;
	/** Joined to the environment. */
	env?: Record<string, string>;
}

/**
 * Runs `bun test`, shows its output, and counts from its closing lines. What the tests leave in the folder for
 * temporary files goes with the run: a process that runs file after file does not end with each of them.
 */
export async function runTests(run: TestRun): Promise<Tally & { output: string }> {
	const options = ["--timeout", "60000"];
	if (run.workers !== undefined) options.push(`--parallel=${run.workers}`);
	if (run.timings !== undefined) options.push("--timings", run.timings);
	if (run.writesTimings) options.push("--update-timings");
	// With the dot it is a path and not a pattern, which would find others that end alike, and no `*.long.ts`.
	const files = run.files.map((file) => (file.startsWith("./") ? file : `./${file}`));
	const folder = temporaryFolder("run", folderOfRuns());
	const child = Bun.spawn([...allowedToMount(), process.execPath, "test", ...options, ...files], {
		cwd: ROOT,
		env: { ...process.env, TMPDIR: folder.path, ...run.env },
		stdin: "ignore",
		stdout: "pipe",
		stderr: "pipe",
	});
	const unguard = guard(child.pid);
	let output = "";
	let printed = "";
	const pass = async (
		from: ReadableStream<Uint8Array>,
		to: NodeJS.WriteStream,
		keep: (text: string) => void,
	) => {
		const decoder = new TextDecoder();
		for await (const chunk of from) {
			to.write(chunk);
			const text = decoder.decode(chunk, { stream: true });
			output += text;
			keep(text);
		}
	};
	await Promise.all([
		pass(child.stdout, process.stdout, () => {}),
		pass(child.stderr, process.stderr, (text) => {
			printed += text;
		}),
	]);
	const code = await child.exited;
	unguard();
	try {
		folder.remove();
	} catch (error) {
		// A disk is still mounted there, of a test that failed: the count matters more.
		console.error(`${folder.path} is left behind: ${error}`);
	}
	return { ...tallyOf(printed, code, files.length), output };
}
