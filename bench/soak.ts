/**
 * `bun run soak [--minutes N]`: half an hour at half of the maximum rate. What grows with time is seen here: memory,
 * descriptors, latencies.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { descriptorsOf, rssOf } from "./measured-process.ts";
import { asJson, commit, machine } from "./results.ts";
import { soakPlot } from "./soak/plot.ts";
import { type Sample, verdict } from "./soak/verdict.ts";
import { rateText } from "./table.ts";
import type { PublisherLine, PublisherResult } from "./wire/publisher.ts";
import {
	firstStartWith,
	type Load,
	measure,
	type Provider,
	reveilleOn,
	startProvider,
	underLoad,
} from "./wire/scene.ts";
import { type Seeded, seed } from "./wire/seeded.ts";

const ROOT = join(import.meta.dir, "..");
const RESULTS = join(import.meta.dir, "soak.json");
const PLOT = join(import.meta.dir, "soak.svg");

const REGISTRATIONS = 100_000;
const WINDOW = 512;
const MINUTES = 30;
const MAXIMUM_SECONDS = 10;
const SAMPLE_SECONDS = 10;

const USAGE = `bun run soak [--minutes N]    without a number: ${MINUTES}

FCM publishes over the component socket, ${REGISTRATIONS.toLocaleString("en")} registrations, at half of the maximum rate, which is measured
first. The verdict is printed, and kept with the samples and a plot: bench/soak.json, bench/soak.svg. Ctrl-C ends it
early, and keeps what there is.`;

/** @returns the minutes; undefined when help is wanted @throws with what to do instead */
function minutesOf(words: string[]): number | undefined {
	const { values } = parseArgs({
		args: words,
		options: { minutes: { type: "string" }, help: { type: "boolean", short: "h" } },
	});
	if (values.help) return undefined;
	const minutes = Number(values.minutes ?? MINUTES);
	if (!(minutes > 0 && Number.isFinite(minutes))) throw new Error("--minutes takes a number above 0.");
	return minutes;
}

/** What a soak measured, as far as it came. */
interface Soaked {
	samples: Sample[];
	/** Undefined: it did not come to its end. */
	unanswered?: number;
}

async function soak(provider: Provider, seeded: Seeded, rate: number, minutes: number): Promise<Soaked> {
	const { dataFolder, targets } = seeded;
	const load: Load = {
		transport: "component",
		targets,
		window: WINDOW,
		rate,
		seconds: minutes * 60,
		secondsPerLine: SAMPLE_SECONDS,
	};
	const soaked: Soaked = { samples: [] };
	await underLoad(reveilleOn(dataFolder, provider), load, async ({ pid }, { line, interrupt }) => {
		process.once("SIGINT", interrupt);
		let began: number | undefined;
		while (soaked.unanswered === undefined) {
			const said = JSON.parse(await line()) as PublisherLine & Partial<PublisherResult>;
			began ??= said.from;
			const { p50 = Number.NaN, p99 = Number.NaN, errors } = said;
			const minute = (said.to - began) / 60_000;
			const sample = {
				minute,
				rate: said.rate,
				p50,
				p99,
				errors,
				rss: rssOf(pid),
				descriptors: descriptorsOf(pid),
			};
			soaked.samples.push(sample);
			console.log(
				`  ${minute.toFixed(1).padStart(5)} min: ${rateText(sample.rate)}/s, p50 ${p50.toFixed(2)} ms, p99 ${p99.toFixed(2)} ms, ${sample.rss.toFixed(0)} MiB, ${sample.descriptors} descriptors${errors > 0 ? `, ${errors} ERRORS` : ""}`,
			);
			if (said.firstError) console.error(`an answer that is no result: ${said.firstError}`);
			if (said.unanswered !== undefined) soaked.unanswered = said.unanswered;
		}
	}).catch((error: Error) => {
		console.error(`It ended early: ${error.message}`);
	});
	return soaked;
}

async function run(minutes: number): Promise<boolean> {
	const measuredAt = new Date().toISOString();
	const measured = { measuredAt, commit: commit(ROOT), machine: machine(), registrations: REGISTRATIONS };
	const provider = await startProvider("fcm");
	let seeded: Seeded | undefined;
	try {
		seeded = await seed(REGISTRATIONS, "fcm", provider, firstStartWith(provider));
		const { dataFolder, targets } = seeded;
		const atMost = await measure(reveilleOn(dataFolder, provider), {
			transport: "component",
			targets,
			window: WINDOW,
			seconds: MAXIMUM_SECONDS,
		});
		const rate = Math.floor(atMost.rate / 2);
		console.log(`${rateText(atMost.rate)} publishes/s at most; ${minutes} minutes at ${rateText(rate)}/s:`);
		const { samples, unanswered } = await soak(provider, seeded, rate, minutes);
		const findings = verdict(samples, unanswered);
		const { rate: maximumRate } = atMost;
		writeFileSync(RESULTS, asJson({ ...measured, maximumRate, rate, unanswered, findings, samples }));
		writeFileSync(PLOT, soakPlot(samples, findings));
		console.log("");
		for (const { text, isMet } of findings) console.log(`${isMet ? "met" : "MISSED"}: ${text}`);
		return unanswered === 0 && samples.every(({ errors }) => errors === 0);
	} finally {
		seeded?.remove();
		await provider.stop();
	}
}

async function main(words: string[]): Promise<number> {
	let minutes: number | undefined;
	try {
		minutes = minutesOf(words);
	} catch (error) {
		console.error(`${(error as Error).message}\n\n${USAGE}`);
		return 1;
	}
	if (minutes === undefined) {
		console.log(USAGE);
		return 0;
	}
	// How fast it is depends on the machine, whether it loses something does not.
	return (await run(minutes)) ? 0 : 1;
}

process.exit(await main(process.argv.slice(2)));
