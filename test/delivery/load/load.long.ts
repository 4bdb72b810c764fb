/**
 * One sick provider, app, origin or device slows no other (invariant 5), under load. It measures how one load takes part
 * of another's time, so that it bears no neighbour.
 */
import { afterEach, expect, test } from "bun:test";
import { Load, type LoadScene, openLoadScene, quantile, STEP_MS, type Target } from "./scene.ts";

/** What is quicker is as good: the load comes in steps of this length. */
const FLOOR_MS = STEP_MS;
/** Seconds with the load of the sick app, each after one without. */
const TURNS = 9;
/** What else the machine does only adds: the least disturbed turns tell what the sick app costs, which it does in all. */
const LEAST_DISTURBED = 0.25;
const MEGABYTE = 1024 * 1024;

let scene: LoadScene;
afterEach(() => scene.close());

const registerAll = (app: string, tokens: readonly string[]): Promise<Target[]> =>
	Promise.all(tokens.map((token) => scene.register(app, token)));
const tokens = (name: string, count: number) => Array.from({ length: count }, (_, i) => `${name}${i}`);

/** Resident memory, after a collection. */
function memory(): number {
	Bun.gc(true);
	return process.memoryUsage().rss;
}

test("a provider that hangs at 500 pushes a second slows no other app, and gets the newest pushes once it is back", async () => {
	scene = await openLoadScene(1_000);
	const { addresses, fixture, gates, delivery, loop, ask, shut } = scene;
	const sick = new Load(scene, await registerAll("sick", tokens("sick", 500)));
	const well = new Load(scene, await registerAll("well", tokens("well", 50)));
	// Both connect and get their access tokens.
	await Promise.all([sick.run(500, 1), well.run(200, 1)]);
	well.p99();
	await ask(`${addresses.sick}/hang`);
	const before = memory();
	// In turns, so that what else the machine does in these seconds befalls both alike.
	const [aloneInTurn, besideInTurn, heldUpInTurn]: [number[], number[], number[]] = [[], [], []];
	for (let turn = 0; turn < TURNS; turn++) {
		await well.run(200, 1);
		aloneInTurn.push(well.p99());
		const earlier = well.delivered.length;
		await Promise.all([sick.run(500, 1), well.run(200, 1)]);
		besideInTurn.push(well.p99());
		heldUpInTurn.push(well.delivered.slice(earlier).filter((isDelivered) => !isDelivered).length);
	}
	const [alone, beside, heldUp] = [aloneInTurn, besideInTurn, heldUpInTurn].map((turns) =>
		quantile(turns, LEAST_DISTURBED),
	) as [number, number, number];
	const grown = memory() - before;
	console.log(`p99 ${alone.toFixed(2)} ms alone, ${beside.toFixed(2)} ms beside the sick one`);
	console.log(
		`memory grew by ${(grown / MEGABYTE).toFixed(1)} MB; at most ${sick.mostOpen} publishes waited`,
	);

	expect(heldUp).toBe(0);
	expect(Math.max(beside, FLOOR_MS)).toBeLessThanOrEqual(2 * Math.max(alone, FLOOR_MS));
	expect(grown).toBeLessThan(64 * MEGABYTE);
	// Of 4,500 all but those in 32 lanes were answered at once; each has its newest on disk.
	expect(new Set(sick.answers)).toEqual(new Set(["done"]));
	expect(sick.mostOpen).toBeLessThan(32 * 8);
	expect(gates.inFlight().get("sick")).toBeLessThanOrEqual(32);
	expect([...shut]).toEqual(["sick"]);

	const arrivedBefore = (await (await ask(`${addresses.sick}/log`)).json()) as Record<string, number[]>;
	await ask(`${addresses.sick}/recover`);
	await ask(`${addresses.sick}/settled`, Object.fromEntries(sick.newest));
	// Nothing is left that could come after.
	await loop.stop();
	await delivery.idle(5_000);
	expect(await fixture.rows()).toEqual([]);
	const arrived = (await (await ask(`${addresses.sick}/log`)).json()) as Record<string, number[]>;
	for (const [token, newest] of sick.newest) {
		expect(arrived[token]).toEqual([...(arrivedBefore[token] ?? []), newest]);
	}
}, 60_000);

test("two hundred hostile registrations shut no gate of a good app or of another origin", async () => {
	scene = await openLoadScene(1_000);
	const { addresses, shut, mass } = scene;
	const { hostile } = addresses;
	// Two at each origin; beside them garbage at the good app itself.
	const urls = [...hostile, ...hostile].map((origin, i) => `${origin}/push/${i}`);
	const bad = new Load(scene, [
		...(await registerAll("web", urls)),
		...(await registerAll("well", tokens("garbage", 50))),
	]);
	const good = new Load(scene, [
		...(await registerAll("well", tokens("well", 20))),
		...(await registerAll("web", [`${addresses.stranger}/push/1`, `${addresses.stranger}/push/2`])),
	]);
	await good.run(50, 1);
	expect(good.delivered).not.toContain(false);
	await Promise.all([bad.run(500, 3), good.run(50, 3)]);
	console.log(
		`${shut.size} gates shut; ${good.delivered.length} good pushes; p99 ${good.p99().toFixed(2)} ms`,
	);
	expect(good.delivered.filter((it) => !it)).toEqual([]);
	// Not even their own: what devices say that were never delivered to counts for nothing.
	expect([...shut]).toEqual([]);
	expect(mass).toEqual([]);
}, 30_000);

test("hundreds of devices at servers that hang take no place from apps, nor from servers that work", async () => {
	scene = await openLoadScene(3_000);
	const { addresses, shut } = scene;
	// More than the 256 requests that Bun has in flight.
	const urls = addresses.hanging.flatMap((origin) => tokens(`${origin}/push/`, 8));
	const bad = new Load(scene, await registerAll("web", urls));
	const good = new Load(scene, [
		...(await registerAll("well", tokens("well", 20))),
		...(await registerAll("web", [`${addresses.stranger}/push/1`, `${addresses.stranger}/push/2`])),
	]);
	await good.run(50, 1);
	await Promise.all([bad.run(500, 3), good.run(50, 3)]);
	expect(good.delivered.filter((it) => !it)).toEqual([]);
	expect(bad.answers.filter((kind) => kind !== "done")).toEqual([]);
	for (const name of shut) expect(addresses.hanging).toContain(name.replace("web ", ""));
}, 30_000);
