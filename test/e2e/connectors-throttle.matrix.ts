/** Two connectors as one component of ejabberd: what one device gets, as ejabberd shares what it is sent among them. */
import { describe, expect, test } from "bun:test";
import type { Reveille } from "../peers/reveille.ts";
import type { XmppServer } from "../peers/xmpp-server.ts";
import {
	type Address,
	asComponent,
	COMPONENT,
	evenly,
	fleetSettings,
	metric,
	providerOfFile,
	pushedCounts,
	registerMany,
	startDatabase,
	startEjabberd,
	startOne,
	startPublisher,
} from "./fleet.ts";

const { provider, ends } = providerOfFile();

describe("two components of one domain at a real ejabberd", () => {
	describe("hold back what one device gets", () => {
		const INTERVAL_MS = 2_000;
		/**
		 * Publishes ten times a second for three intervals.
		 * @returns how many pushes the device got, and how many one connector may send in that time: one in each interval
		 * that began. A busy machine delays what is seen, and does so by less than half an interval.
		 */
		async function pushesOf(server: XmppServer) {
			const settings = {
				...(await fleetSettings(await startDatabase(ends), provider)),
				...asComponent(server),
				PUSH_INTERVAL_MS: String(INTERVAL_MS),
			};
			const both = [await startOne(settings, ends), await startOne(settings, ends)];
			const [address] = await registerMany(1, both[0] as Reveille, provider);
			const times: number[] = [];
			const watching = setInterval(() => {
				while (times.length < provider.pushes.length) times.push(Date.now());
			}, 5);
			ends.push(() => clearInterval(watching));
			const { publish, answers } = await startPublisher(server, "alice", ends);
			await evenly(10, (3 * INTERVAL_MS) / 1000, (index) => address && publish(address, index + 1));
			while (answers.size < (30 * INTERVAL_MS) / 1000) await Bun.sleep(50);
			expect(new Set(answers.values())).toEqual(new Set(["result"]));
			// The newest was delivered, whichever of them had it.
			expect(pushedCounts(provider).has(answers.size)).toBe(true);
			const took = await Promise.all(both.map((each) => metric(each, "reveille_publishes_total")));
			const tookMs = (times.at(-1) ?? 0) - (times[0] ?? 0);
			return { pushes: times.length, mayBe: 1 + Math.floor(tookMs / INTERVAL_MS + 0.5), took };
		}

		test("each for itself: two at most in an interval, if ejabberd lets chance decide", async () => {
			const { pushes, mayBe, took } = await pushesOf(await startEjabberd(ends));
			console.log(`${pushes} pushes of 60 publishes in 3 intervals; the two took ${took.join(" and ")}`);
			expect(Math.min(...took)).toBeGreaterThan(0);
			expect(pushes).toBeGreaterThan(mayBe);
			expect(pushes).toBeLessThanOrEqual(2 * mayBe);
		}, 60_000);

		test("together, if ejabberd chooses by the sender: one in an interval, and one connector has it all", async () => {
			const balancing = { [COMPONENT.domain]: { type: "bare_source", component_number: 2 } };
			const server = await startEjabberd(ends, `domain_balancing: ${JSON.stringify(balancing)}`);
			const { pushes, mayBe, took } = await pushesOf(server);
			console.log(`${pushes} pushes of 60 publishes in 3 intervals; the two took ${took.join(" and ")}`);
			expect(Math.min(...took)).toBe(0);
			expect(pushes).toBeGreaterThan(2);
			expect(pushes).toBeLessThanOrEqual(mayBe);
		}, 60_000);
	});

	test("told to choose by the sender, ejabberd sends nothing to the one that is there while the other is away", async () => {
		const balancing = { [COMPONENT.domain]: { type: "bare_source", component_number: 2 } };
		const server = await startEjabberd(ends, `domain_balancing: ${JSON.stringify(balancing)}`);
		const settings = {
			...(await fleetSettings(await startDatabase(ends), provider)),
			...asComponent(server),
			PUSH_INTERVAL_MS: "0",
		};
		const both = [await startOne(settings, ends), await startOne(settings, ends)];
		const [address] = (await registerMany(1, both[0] as Reveille, provider)) as [Address];
		const { publish, answers } = await startPublisher(server, "alice", ends);
		publish(address, 1);
		await provider.waitForPush();
		const took = await Promise.all(both.map((each) => metric(each, "reveille_publishes_total")));
		await both[took.indexOf(1)]?.halt();
		publish(address, 2);
		await both[took.indexOf(1)]?.start();
		publish(address, 3);
		await provider.waitForPush();
		while (!answers.has(3)) await Bun.sleep(10);
		expect([...answers.keys()]).toEqual([1, 3]);
	}, 60_000);
});
