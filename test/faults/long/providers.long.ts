/**
 * Push services that hang, are slow, or never stop: each takes a push's whole deadline. What waits for them is answered
 * in time, costs bounded memory, keeps nobody waiting, and arrives once they are well.
 */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { openProviderScene, type ProviderScene } from "../provider-scene.ts";
import { LONG, LONG_HTTP2 } from "../sicknesses.ts";

/** ejabberd gives a publish up after 32 s; the push services have 15 s. */
const ANSWER_MS = 20_000;
/** What floods us are some twenty services with 100 MB each, or without end. */
const MOST_MEGABYTES = 250;

let scene: ProviderScene;
beforeAll(async () => {
	scene = await openProviderScene(LONG, LONG_HTTP2);
}, 60_000);
afterAll(() => scene?.stop(), 30_000);

const peakMegabytes = (pid: number) =>
	Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1024;

test("push services that hang, are slow, or never stop: all publishes are answered, others' go on, and all arrive in the end", async () => {
	const { wire, patients, well } = scene;
	let isOver = false;
	const others: number[] = [];
	const meanwhile = (async () => {
		while (!isOver) {
			const { said, ms } = await wire.publish(well.target);
			expect(said).toBe("done");
			others.push(ms);
			await Bun.sleep(100);
		}
	})();
	const answers = await Promise.all(
		patients.map(async ({ name, target }) => ({ name, ...(await wire.publish(target)) })),
	);
	isOver = true;
	await meanwhile;
	const peak = peakMegabytes(wire.reveille.pid());
	const slowest = Math.max(...answers.map(({ ms }) => ms));
	others.sort((one, other) => one - other);
	const p99 = others[Math.floor(others.length * 0.99)] ?? 0;
	console.log(
		`${answers.length} sick services: the slowest answer after ${(slowest / 1000).toFixed(1)} s, peak RSS ${Math.round(peak)} MB; ${others.length} publishes to a well one meanwhile, p99 ${p99.toFixed(0)} ms, at most ${others.at(-1)?.toFixed(0)} ms`,
	);
	expect(answers.filter(({ said }) => said !== "done")).toEqual([]);
	expect(answers.filter(({ ms }) => ms > ANSWER_MS)).toEqual([]);
	expect(peak).toBeLessThan(MOST_MEGABYTES);
	expect(p99).toBeLessThan(1_000);

	for (const { provider } of patients) provider.recover();
	const owed = patients.filter(({ isDelivered }) => !isDelivered);
	const arrived = new Set<string>();
	const all = Promise.all(
		owed.map(async ({ name, provider }) => {
			await provider.arrived;
			arrived.add(name);
		}),
	);
	await Promise.race([all, Bun.sleep(90_000)]);
	expect(owed.filter(({ name }) => !arrived.has(name)).map(({ name }) => name)).toEqual([]);
	for (const { target } of patients) {
		const { status } = await wire.reveille.api("GET", `/registrations/${target.node}`, target.deviceSecret);
		expect(status).toBe(200);
	}
	expect(wire.reveille.log()).not.toContain("its registration was removed");
}, 180_000);
