/** One measurement over the wire: the load, a push service and what is measured, each in a process of its own. */

import { generateKeyPairSync } from "node:crypto";
import { join } from "node:path";
import { dieWithParent, guard } from "../../test/peers/guard.ts";
import { freePort } from "../../test/peers/ports.ts";
import { cpuOf, rssOf, untilHealthy } from "../measured-process.ts";
import type { Figure } from "../rows.ts";
import { type CollectionLog, collectionsText, createCollectionLog } from "./collections.ts";
import { moveTo } from "./cores.ts";
import type { FloorOptions } from "./floor.ts";
import { COMPONENT } from "./names.ts";
import type { ProviderAddress, ProviderKind } from "./provider.ts";
import type { PublisherOptions, PublisherResult } from "./publisher.ts";
import { SECRET_KEY } from "./seeded.ts";

const ROOT = join(import.meta.dir, "../..");
const file = (name: string) => join(import.meta.dir, name);
/** Of components and accounts; only a real server checks it. */
export const PASSWORD = "secret";
const SAMPLE_MS = 50;
/** Lets JavaScriptCore tell of each garbage collection. */
const LOG_COLLECTIONS = "BUN_JSC_logGC";

/** A process of the benchmark's. */
export interface Part {
	readonly pid: number;
	/** The next line that it prints. */
	line(): Promise<string>;
	stop(): Promise<void>;
	readonly ended: Promise<unknown>;
	/** Its garbage collections, where it was told to tell of them. */
	readonly collections: CollectionLog;
}

function startPart(command: string[], env: Record<string, string | undefined> = {}): Part {
	const collections = createCollectionLog();
	const child = Bun.spawn([...dieWithParent(), ...command], {
		cwd: ROOT,
		stdin: "ignore",
		stdout: "pipe",
		stderr: LOG_COLLECTIONS in env ? "pipe" : "inherit",
		env: { ...process.env, BUN_CONFIG_MAX_HTTP_REQUESTS: "8192", ...env },
		// A group of its own: the terminal's Ctrl-C reaches this process, which then decides the order of things.
		detached: true,
	});
	void child.exited.then(guard(child.pid));
	const lines = linesOf(child.stdout);
	if (child.stderr) void sortErrors(child.stderr, collections);
	return {
		pid: child.pid,
		ended: child.exited,
		collections,
		async line() {
			const { value, done } = await lines.next();
			if (done) throw new Error(`${command.join(" ").slice(0, 200)} ended with ${await child.exited}`);
			return value;
		},
		async stop() {
			child.kill(process.env.BENCH_PROFILE ? "SIGTERM" : "SIGKILL");
			const impatience = setTimeout(() => child.kill("SIGKILL"), 15_000);
			await child.exited;
			clearTimeout(impatience);
		},
	};
}

async function* linesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<string, void> {
	const decoder = new TextDecoder();
	let text = "";
	for await (const chunk of stream) {
		text += decoder.decode(chunk, { stream: true });
		const lines = text.split("\n");
		text = lines.pop() ?? "";
		yield* lines;
	}
}

/** What is of no garbage collection is told as if nobody had read it. */
async function sortErrors(stream: ReadableStream<Uint8Array>, { read }: CollectionLog): Promise<void> {
	for await (const line of linesOf(stream)) if (!read(line)) console.error(line);
}

const bun = (name: string, ...args: string[]) => [process.execPath, file(name), ...args];

/** A push service that runs somewhere. */
type ProviderAt = ProviderAddress & { kind: ProviderKind };

export interface Provider extends ProviderAt {
	pid: number;
	stop(): Promise<void>;
}

export async function startProvider(kind: ProviderKind): Promise<Provider> {
	const part = startPart(bun("provider.ts", kind));
	const { pid, stop } = part;
	return { kind, pid, ...(JSON.parse(await part.line()) as ProviderAddress), stop };
}

/** What is measured: given the server's address it starts, and connects there. */
export type Subject = (service: string) => Promise<Part>;

/**
 * The floor, which makes one bare request for each publish.
 * @param options.account of a domain; missing: it is a component
 * @param options.isOnce it sends nothing twice, as Reveille does not
 */
export const floorOf =
	(
		provider: Provider,
		{
			account,
			isOnce,
		}: { account?: { username: string; domain: string; resource: string }; isOnce?: boolean } = {},
	): Subject =>
	async (service) => {
		const options: FloorOptions = {
			service,
			domain: account?.domain ?? COMPONENT,
			password: PASSWORD,
			provider,
			...(account && { account }),
			...(isOnce && { isOnce }),
		};
		return startPart(bun("floor.ts", JSON.stringify(options)), {
			...(provider.ca && { NODE_TLS_REJECT_UNAUTHORIZED: "0" }),
		});
	};

const { privateKey: APNS_KEY } = generateKeyPairSync("ec", {
	namedCurve: "P-256",
	publicKeyEncoding: { type: "spki", format: "pem" },
	privateKeyEncoding: { type: "pkcs8", format: "pem" },
});

function credentials({ kind, url, serviceAccount }: ProviderAt): Record<string, string> {
	if (kind === "fcm") return { FCM_SERVICE_ACCOUNT: serviceAccount ?? "", FCM_URL: url };
	if (kind === "webpush") return { WEBPUSH_ALLOW_PRIVATE: "true", WEBPUSH_ALLOW_HOSTS: "127.0.0.1" };
	return {
		APNS_KEY,
		APNS_KEY_ID: "ABCDE12345",
		APNS_TEAM_ID: "ABCDE12345",
		APNS_TOPIC: "net.example.app",
		APNS_URL: url,
	};
}

/** Reveille itself, as `bun run start` does it. */
export const reveilleOn =
	(dataFolder: string, provider: ProviderAt, settings: Record<string, string> = {}): Subject =>
	async (service) => {
		const isComponent = service.startsWith("xmpp:");
		const ca = provider.ca === undefined ? undefined : join(dataFolder, "ca.pem");
		if (ca && provider.ca) await Bun.write(ca, provider.ca);
		return startPart([process.execPath, ...PROFILE, "src/server.ts"], {
			PORT: String(await freePort()),
			DATA_DIR: dataFolder,
			SECRET_KEY,
			LOG_LEVEL: "warning",
			PUSH_INTERVAL_MS: "0",
			XMPP_SERVICE: service,
			XMPP_PASSWORD: PASSWORD,
			XMPP_ALLOW: "*",
			...(isComponent
				? { XMPP_DOMAIN: COMPONENT }
				: { XMPP_DOMAIN: "example.org", XMPP_USERNAME: "push", XMPP_RESOURCE: "push" }),
			...(ca && { NODE_EXTRA_CA_CERTS: ca }),
			...credentials(provider),
			...settings,
		});
	};

/** The same, on a core of its own. */
export const onCore =
	(core: string, subject: Subject): Subject =>
	async (service) => {
		const part = await subject(service);
		moveTo(core, part.pid);
		return part;
	};

/** `BENCH_PROFILE=folder`: a CPU profile of each Reveille that ends by itself. */
const PROFILE = process.env.BENCH_PROFILE
	? ["--cpu-prof", `--cpu-prof-dir=${process.env.BENCH_PROFILE}`]
	: [];

/** Starts it, waits until it answers over HTTP, and ends it in an orderly way. @returns how long the start took, ms */
export async function startTime(dataFolder: string, provider: ProviderAt): Promise<number> {
	const port = await freePort();
	const startedAt = performance.now();
	const part = startPart([process.execPath, "src/server.ts"], {
		PORT: String(port),
		DATA_DIR: dataFolder,
		SECRET_KEY,
		LOG_LEVEL: "warning",
		...credentials(provider),
	});
	await untilHealthy(port, part.ended);
	const took = performance.now() - startedAt;
	process.kill(part.pid, "SIGTERM");
	await part.ended;
	return took;
}

/** Makes a database as the first start does. */
export const firstStartWith =
	(provider: ProviderAt) =>
	async (dataFolder: string): Promise<void> => {
		await startTime(dataFolder, provider);
	};

export type Load = Omit<PublisherOptions, "warmSeconds" | "seconds"> & Partial<PublisherOptions>;

/** Starts the load and what it is put on, and ends both. @param use is given the load's lines, one after the other */
export async function underLoad<T>(
	subject: Subject,
	load: Load,
	use: (measured: Part, publisher: { line(): Promise<string>; interrupt(): void }) => Promise<T>,
): Promise<T> {
	const options: PublisherOptions = { warmSeconds: 4, seconds: 6, ...load };
	const publisher = startPart(bun("publisher.ts", JSON.stringify(options)));
	let measured: Part | undefined;
	try {
		const part = await subject(await publisher.line());
		measured = part;
		const ended = part.ended.then((code) => {
			throw new Error(`what is measured ended with ${code}`);
		});
		ended.catch(() => {});
		return await use(part, {
			line: () => Promise.race([publisher.line(), ended]),
			interrupt: () => process.kill(publisher.pid, "SIGINT"),
		});
	} finally {
		// In this order: who is measured would try to connect again, and say so.
		await measured?.stop();
		await publisher.stop();
	}
}

/**
 * The garbage collections of a Reveille under load, as one sentence. In a run of its own: telling of them takes time.
 * @param subjectWith what is measured, with these settings
 */
export function collectionsUnder(
	subjectWith: (settings: Record<string, string>) => Subject,
	load: Load,
): Promise<string> {
	return underLoad(subjectWith({ [LOG_COLLECTIONS]: "1" }), load, async ({ collections }, publisher) => {
		const { from, to } = JSON.parse(await publisher.line()) as PublisherResult;
		return collectionsText(collections.between(from, to), (to - from) / 1000);
	});
}

/** What the load says beside the figures of a row. */
export interface Measured extends Figure {
	errors: number;
	unanswered: number;
	/** How many cores the process beside it used. */
	besideCores?: number;
}

/** Puts a subject under load. @param beside the process id of another whose CPU time counts: a server's between them */
export function measure(subject: Subject, load: Load, beside?: number): Promise<Measured> {
	return underLoad(subject, load, async ({ pid }, publisher) => {
		const samples: { at: number; cpu: number; rss: number; beside: number }[] = [];
		const sample = () =>
			samples.push({
				at: Date.now(),
				cpu: cpuOf(pid),
				rss: rssOf(pid),
				beside: beside === undefined ? 0 : cpuOf(beside),
			});
		const sampling = setInterval(sample, SAMPLE_MS);
		const result = JSON.parse(await publisher.line()) as PublisherResult;
		clearInterval(sampling);
		const during = samples.filter(({ at }) => at >= result.from && at <= result.to);
		const [first, last] = [during[0], during.at(-1)];
		if (!first || !last) throw new Error("nothing was measured");
		const { rate, p50 = Number.NaN, p99 = Number.NaN, errors, unanswered } = result;
		if (result.firstError) console.error(`an answer that is no result: ${result.firstError}`);
		const ms = last.at - first.at;
		const cpu = (last.cpu - first.cpu) / ((rate * ms) / 1000);
		const besideCores = (last.beside - first.beside) / 1000 / ms;
		return {
			rate,
			p50,
			p99,
			cpu,
			rss: last.rss,
			errors,
			unanswered,
			...(beside !== undefined && { besideCores }),
		};
	});
}
