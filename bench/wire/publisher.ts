/**
 * An XMPP server for load: whoever connects as a component, or logs in over WebSocket, is sent publishes, either as
 * many as it answers (a window is kept full) or so many a second. Or a component of a real server, which sends them
 * through that. Says what became of them in lines of JSON. SIGINT ends its measuring early.
 *
 * Arguments: JSON of {@link PublisherOptions}. Its first line of output is where to connect; then it waits for who
 * connects, warms them up, and measures.
 */
import { readFileSync } from "node:fs";
import { quantile } from "../measured-process.ts";
import { acceptComponent, acceptWebSocket, connectComponent, type Line, type Through } from "./lines.ts";
import { ACCOUNT, COMPONENT, SERVER } from "./names.ts";
import { publishText } from "./publish-text.ts";

export interface PublisherOptions {
	transport: "component" | "websocket";
	/** The server that the publishes travel through. Default: none, who is measured connects here. */
	through?: Through;
	/** A file of lines `node secret`: who is published to, in turn. */
	targets: string;
	/** As many as this on their way at once. */
	window: number;
	/** Publishes a second; undefined: as many as are answered. */
	rate?: number;
	warmSeconds: number;
	seconds: number;
	/** A line for each so many seconds of these. Default: one for all of them. */
	secondsPerLine?: number;
	/** Publishes to one target in a row, for a load that the throttle sees. */
	repeat?: number;
	/**
	 * Messages of Push 2.0 with a content of so many bytes, in place of publishes. Nobody answers them: each counts as
	 * answered, the oldest first, when the push service that is at this URL has one more.
	 */
	push2?: { bytes: number; provider: string };
}

/** A line of its output. */
export interface PublisherLine {
	/** Answers a second. */
	rate: number;
	/** Publish to answer, ms. Undefined: nothing was answered. */
	p50?: number;
	p99?: number;
	/** Answers of any kind but `result`, those while it warmed up in the first line. */
	errors: number;
	/** When it measured, ms since the epoch: others take their own measures between these. */
	from: number;
	to: number;
}

/** The last line of its output. */
export interface PublisherResult extends PublisherLine {
	/** The first answer of any kind but `result`. */
	firstError?: string;
	/** Publishes without an answer 5 s after the end. */
	unanswered: number;
}

const PATIENCE_MS = 5_000;
const TICK_MS = 1;
/** Whoever does not keep up is not sent more and more: the rate shows it. */
const MOST_ON_THEIR_WAY = 50_000;
/** How often a server is asked whether who is measured is there. */
const ASK_MS = 100;

const options = JSON.parse(process.argv[2] ?? "{}") as PublisherOptions;
const isComponent = options.transport === "component";
const to = options.through?.to ?? (isComponent ? COMPONENT : ACCOUNT);
const isClients = !isComponent && !options.through;
const publishes = readFileSync(options.targets, "utf8").trim().split("\n").map(publishOf);
const repeat = options.repeat ?? 1;

/** @returns what comes before and after the id. */
function publishOf(line: string): readonly [string, string] {
	const [node, secret] = line.split(" ");
	if (options.push2) {
		// Salt, a record of 4096 bytes, and a key of 65: what begins otherwise is no message, and would not be sent.
		const message = new Uint8Array(options.push2.bytes).fill(7);
		message.set([0, 0, 16, 0, 65, 4], 16);
		const payload = message.toBase64();
		return [
			`<message${isClients ? " xmlns='jabber:client'" : ""} from='${SERVER}' to='${to}' id='`,
			`'><notification xmlns='urn:xmpp:push2:0'><client>https://push.example.net/push2/${node}.${secret}</client><priority>normal</priority><encrypted xmlns='urn:xmpp:sce:rfc8291:0'><payload>${payload}</payload></encrypted></notification></message>`,
		];
	}
	return publishText(node ?? "", secret ?? "", { to, isClients });
}

let line: Line | undefined;
let sent = 0;
let isMeasuring = false;
let answered = 0;
let results = 0;
let errors = 0;
let firstError: string | undefined;
const sentAt = new Map<number, number>();
let latencies: number[] = [];
let settled: (() => void) | undefined;

function nextPublish(): string {
	const number = sent++;
	const [before, after] = publishes[Math.floor(number / repeat) % publishes.length] ?? ["", ""];
	sentAt.set(number, performance.now());
	return before + number + after;
}

function publish(count: number) {
	if (count > 0) line?.write(Array.from({ length: count }, nextPublish));
}

/** Everything that an answer says here is in its first tag. */
function onAnswers(text: string) {
	const now = performance.now();
	let found = 0;
	for (const [tag] of text.matchAll(/<iq [^>]*>/g)) {
		const id = Number(/ id=["'](\d+)["']/.exec(tag)?.[1] ?? Number.NaN);
		const at = sentAt.get(id);
		if (at === undefined) continue;
		sentAt.delete(id);
		found++;
		if (/ type=["']result["']/.test(tag)) results++;
		else {
			errors++;
			firstError ??= text.slice(0, 600);
		}
		if (isMeasuring) {
			answered++;
			latencies.push(now - at);
		}
	}
	if (isPublishing && options.rate === undefined) publish(Math.min(found, options.window - sentAt.size));
	if (sentAt.size === 0) settled?.();
}

/** So many more have arrived. */
function onDelivered(count: number) {
	const now = performance.now();
	let left = count;
	for (const [number, at] of sentAt) {
		if (left-- <= 0) break;
		sentAt.delete(number);
		results++;
		if (!isMeasuring) continue;
		answered++;
		latencies.push(now - at);
	}
	if (isPublishing && options.rate === undefined) publish(options.window - sentAt.size);
	if (sentAt.size === 0) settled?.();
}

/** @param begin called when the first count has come: one a line */
async function follow(provider: string, begin: () => void): Promise<void> {
	const { body } = await fetch(provider);
	const decoder = new TextDecoder();
	let rest = "";
	let before: number | undefined;
	for await (const chunk of body ?? []) {
		const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
		rest = lines.pop() ?? "";
		const count = lines.length > 0 ? Number(lines.at(-1)) : before;
		if (before === undefined && count !== undefined) begin();
		else if (before !== undefined && count !== undefined && count > before) onDelivered(count - before);
		before = count;
	}
}

let isPublishing = false;
const interrupted = new Promise<true>((resolve) => process.once("SIGINT", () => resolve(true)));

/** Whoever connects to a real server is not seen from here: they are there once a publish is answered `result`. */
async function untilConnected() {
	while (results === 0) {
		publish(1);
		await Bun.sleep(ASK_MS);
	}
	sentAt.clear();
	errors = 0;
	firstError = undefined;
}

/** @returns what stops it */
function startPublishing(): () => void {
	isPublishing = true;
	const { rate, window } = options;
	if (rate === undefined) {
		publish(window);
		return () => {};
	}
	const startedAt = performance.now();
	let due = 0;
	const timer = setInterval(() => {
		const wanted = Math.floor(((performance.now() - startedAt) / 1000) * rate);
		publish(Math.min(wanted - due, MOST_ON_THEIR_WAY - sentAt.size));
		due = wanted;
	}, TICK_MS);
	return () => clearInterval(timer);
}

/** Measures for so long, or until interrupted. */
async function measureFor(seconds: number): Promise<{ line: PublisherLine; isLast: boolean }> {
	answered = 0;
	latencies = [];
	const from = Date.now();
	const began = performance.now();
	const isLast = await Promise.race([interrupted, Bun.sleep(seconds * 1000).then(() => false)]);
	const elapsed = (performance.now() - began) / 1000;
	const sorted = Float64Array.from(latencies).sort();
	const line = {
		rate: answered / elapsed,
		errors,
		from,
		to: Date.now(),
		...(answered > 0 && { p50: quantile(sorted, 0.5), p99: quantile(sorted, 0.99) }),
	};
	errors = 0;
	return { line, isLast };
}

async function measure() {
	if (options.through) await untilConnected();
	const stop = startPublishing();
	await Promise.race([interrupted, Bun.sleep(options.warmSeconds * 1000)]);
	isMeasuring = true;
	const { seconds, secondsPerLine = seconds } = options;
	let left = seconds;
	let { line, isLast } = await measureFor(secondsPerLine);
	for (left -= secondsPerLine; left > 0 && !isLast; left -= secondsPerLine) {
		console.log(JSON.stringify(line));
		({ line, isLast } = await measureFor(Math.min(left, secondsPerLine)));
	}
	isMeasuring = false;
	isPublishing = false;
	stop();
	if (sentAt.size > 0) {
		await Promise.race([
			new Promise<void>((resolve) => {
				settled = resolve;
			}),
			Bun.sleep(PATIENCE_MS),
		]);
	}
	const result: PublisherResult = {
		...line,
		// Those that came since are the last line's too.
		errors: line.errors + errors,
		...(firstError !== undefined && { firstError }),
		unanswered: sentAt.size,
	};
	// It stays until it is ended: who is measured would try to connect again.
	console.log(JSON.stringify(result));
}

const load = {
	opened(opened: Line) {
		line = opened;
		if (options.push2) void follow(options.push2.provider, measure);
		else void measure();
	},
	onText: onAnswers,
};

function start(): string {
	const { through } = options;
	if (!through) return isComponent ? acceptComponent(load) : acceptWebSocket(load);
	connectComponent(through, load);
	return through.service;
}

console.log(start());
