/** What all ways to run the tests have in common: the peers they need, how `bun test` is run, how it is counted. */
import { ensurePeers } from "./peers/install.ts";
import { MissingPeer } from "./peers/missing-peer.ts";

/** Where the repository is; ends with a slash. */
export const ROOT = new URL("..", import.meta.url).pathname;

export interface Tally {
	passed: number;
	failed: number;
	skipped: number;
}

/** The line that a run ends with. */
export const closingLine = ({ passed, failed, skipped }: Tally): string =>
	`${passed} passed, ${failed} failed, ${skipped} skipped`;

/** Installs the peers that are missing. Nothing is skipped for want of one: this process ends, as a failed run. */
export const needPeers = (peers: Parameters<typeof ensurePeers>[0]): Promise<void> =>
	needed((onProgress) => ensurePeers(peers, onProgress));

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

/**
 * Runs `bun test`, shows its output, and counts from the closing lines.
 * @param what files and folders; none: every test there is
 * @param env joined to the environment
 */
export async function runTests(
	what: readonly string[] = [],
	env: Record<string, string> = {},
): Promise<Tally & { output: string }> {
	const child = Bun.spawn([...allowedToMount(), process.execPath, "test", "--timeout", "60000", ...what], {
		cwd: ROOT,
		env: { ...process.env, ...env },
		stdin: "ignore",
		stdout: "pipe",
		stderr: "pipe",
	});
	let output = "";
	const pass = async (from: ReadableStream<Uint8Array>, to: NodeJS.WriteStream) => {
		const decoder = new TextDecoder();
		for await (const chunk of from) {
			to.write(chunk);
			output += decoder.decode(chunk, { stream: true });
		}
	};
	await Promise.all([pass(child.stdout, process.stdout), pass(child.stderr, process.stderr)]);
	const code = await child.exited;
	const count = (word: string) => Number(output.match(new RegExp(`^\\s*(\\d+) ${word}$`, "m"))?.[1] ?? 0);
	const tally = { passed: count("pass"), failed: count("fail"), skipped: count("skip") + count("todo") };
	// A runner that ends badly without a failed test (a crash, a file that does not load) has failed all the same.
	if (code !== 0 && tally.failed === 0) tally.failed = 1;
	return { ...tally, output };
}
