/**
 * FCM that goes away and comes back, and the XMPP server that publishes at a steady rate all the while, as one process:
 * it sees when a publish leaves and when its push arrives. Each device is published to once, and known by its node.
 *
 * Tells its parent where it is, begins when a component connects, tells what it measured, and ends with its parent.
 */
import { readFileSync } from "node:fs";
import { serveFcm } from "./fcm.ts";
import { quantile } from "./measured-process.ts";
import type { Figure } from "./rows.ts";
import { acceptComponent, type Line } from "./wire/lines.ts";
import { COMPONENT } from "./wire/names.ts";
import { publishText } from "./wire/publish-text.ts";

/** What to do, as JSON in the first argument. */
export interface ReturningLoad {
	/** A file of lines `node secret`: more than are published to in all that time. */
	targets: string;
	/** Publishes a second. */
	rate: number;
	warmSeconds: number;
	/** How long it measures before FCM goes away, and after what waited is through. */
	seconds: number;
	awaySeconds: number;
}

/** What it tells its parent. */
export type ReturningReport =
	| { kind: "listening"; url: string; service: string }
	| ({ kind: "measured" } & Returned);

/** Times are from the publish that leaves to the push that arrives. */
export interface Returned {
	before: Figure;
	/** Of publishes between the first push that FCM takes again and the last one that had waited. */
	beside: Figure;
	after: Figure;
	/** How many waited when FCM took the first again, and how long until they had come, s. */
	waited: number;
	seconds: number;
	/** Publishes that were answered by anything but `result`, or not at all. */
	errors: number;
	/** Pushes that never came, and those that came again. */
	lost: number;
	twice: number;
}

const TICK_MS = 1;
/** After that something is wrong, ms. */
const PATIENCE_MS = 120_000;

/** Pushes as they arrive, by their nodes. */
function createArrivals() {
	/** Of publishes whose push did not come yet. */
	const sentAt = new Map<string, number>();
	const came: { sent: number; took: number }[] = [];
	let twice = 0;
	/** Those that are waited for, and who is told when they have come. */
	let old = new Set<string>();
	let onThrough = () => {};

	return {
		sent: (node: string) => void sentAt.set(node, performance.now()),
		arrived(node: string) {
			const sent = sentAt.get(node);
			if (sent === undefined) {
				twice++;
				return;
			}
			sentAt.delete(node);
			came.push({ sent, took: performance.now() - sent });
			if (old.delete(node) && old.size === 0) onThrough();
		},
		missing: () => sentAt.size,
		twice: () => twice,
		/** Resolves when all have come whose publish has left. */
		async through() {
			old = new Set(sentAt.keys());
			if (old.size === 0) return;
			const impatience = setTimeout(() => onThrough(), PATIENCE_MS);
			await new Promise<void>((resolve) => {
				onThrough = resolve;
			});
			clearTimeout(impatience);
		},
		/** Of the publishes that left between two times. */
		between(from: number, to: number): Figure {
			const times = came.filter(({ sent }) => sent >= from && sent < to).map(({ took }) => took);
			const sorted = Float64Array.from(times).sort();
			const rate = sorted.length / ((to - from) / 1000);
			return { rate, p50: quantile(sorted, 0.5), p99: quantile(sorted, 0.99) };
		},
	};
}

type Arrivals = ReturnType<typeof createArrivals>;

/** @returns where it is, and how it goes away and comes back */
function startFcm({ arrived }: Arrivals) {
	let isAway = false;
	let onTaken = () => {};
	const url = serveFcm(({ data }) => {
		if (isAway) return false;
		onTaken();
		arrived(data.node);
		return true;
	});
	return {
		url,
		goAway() {
			isAway = true;
		},
		/** Resolves at the first push that comes then. */
		comeBack: () =>
			new Promise<void>((resolve) => {
				isAway = false;
				onTaken = resolve;
			}),
	};
}

/** Publishes to one device after the other. @returns what stops it, and gives how many there were */
function startPublishing({ targets, rate }: ReturningLoad, line: Line, { sent }: Arrivals): () => number {
	const devices = readFileSync(targets, "utf8").trim().split("\n");
	const begun = performance.now();
	let count = 0;
	const timer = setInterval(() => {
		const due = Math.floor(((performance.now() - begun) / 1000) * rate);
		const texts: string[] = [];
		for (; count < due; count++) {
			const [node, secret] = devices[count]?.split(" ") ?? [];
			if (node === undefined || secret === undefined) throw new Error("there are too few devices");
			texts.push(publishText(node, secret, { to: COMPONENT, isClients: false }).join(String(count)));
			sent(node);
		}
		if (texts.length > 0) line.write(texts);
	}, TICK_MS);
	return () => {
		clearInterval(timer);
		return count;
	};
}

async function run(load: ReturningLoad, tell: (report: ReturningReport) => void): Promise<void> {
	const arrivals = createArrivals();
	const fcm = startFcm(arrivals);
	const connected = Promise.withResolvers<Line>();
	let results = 0;
	const service = acceptComponent({
		opened: connected.resolve,
		onText(text) {
			for (const [tag] of text.matchAll(/<iq [^>]*>/g)) if (/ type=["']result["']/.test(tag)) results++;
		},
	});
	tell({ kind: "listening", url: fcm.url, service });
	const stop = startPublishing(load, await connected.promise, arrivals);
	const { between, through } = arrivals;
	const now = () => performance.now();

	await Bun.sleep(load.warmSeconds * 1000);
	const warm = now();
	await Bun.sleep(load.seconds * 1000);
	fcm.goAway();
	const away = now();
	await Bun.sleep(load.awaySeconds * 1000);
	await fcm.comeBack();
	const back = now();
	const waited = arrivals.missing();
	await through();
	const drained = now();
	await Bun.sleep(load.seconds * 1000);
	const end = now();
	const published = stop();
	await through();
	tell({
		kind: "measured",
		before: between(warm, away),
		beside: between(back, drained),
		after: between(drained, end),
		waited,
		seconds: (drained - back) / 1000,
		errors: published - results,
		lost: arrivals.missing(),
		twice: arrivals.twice(),
	});
}

if (import.meta.main) {
	process.on("disconnect", () => process.exit());
	await run(JSON.parse(process.argv[2] ?? ""), (report) => process.send?.(report));
}
