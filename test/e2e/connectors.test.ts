/** Several connectors on one real libSQL server: none sends what another one has, and one goes on when another dies. */
import { describe, expect, test } from "bun:test";
import { drizzle } from "drizzle-orm/libsql";
import { connect } from "../../src/bun/database/open.ts";
import { createHandover } from "../../src/store/handover.ts";
import { pauseProcess } from "../peers/process-table.ts";
import {
	asComponent,
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

const sum = (numbers: Iterable<number>) => [...numbers].reduce((all, each) => all + each, 0);

test("500 pushes handed over to two connectors, one killed with some in hand: all are sent, none twice but those", async () => {
	const url = await startDatabase(ends);
	const settings = {
		...(await fleetSettings(url, provider)),
		PUSH_INTERVAL_MS: "0",
		XMPP_ADDRESS: "push@example.org/push",
	};
	const one = await startOne(settings, ends, "health");
	await startOne(settings, ends, "health");
	const registered = await registerMany(500, one, provider, settings.REGISTRATION_TOKEN);
	const client = await connect({ url });
	ends.push(() => client.close());
	const claims = async () => {
		const { rows } = await client.execute(
			"SELECT node, claimed_by FROM handover WHERE claimed_by IS NOT NULL",
		);
		return Map.groupBy(rows, (row) => row.claimed_by);
	};

	// Delivered to before: others have not all the places, and what finds none would wait on the dead one's disk.
	await client.execute("UPDATE registrations SET last_success_at = renewed_at");
	// The push service holds its answers back, so that both have some in hand.
	const answering = Promise.withResolvers<void>();
	provider.respondWith({ status: 200, after: answering.promise });
	const handover = createHandover(drizzle(client));
	await Promise.all(
		registered.map(({ node }, index) =>
			handover.put(node, { class: "high", count: index + 1 }, Date.now() + 3_600_000),
		),
	);
	while ((await claims()).size < 2 || provider.pushes.length < 50) await Bun.sleep(10);
	await one.kill9();
	const killedAt = Date.now();
	const inHand = await claims();
	answering.resolve();
	// The other goes on, and has the dead one's rows when their lease has ended.
	let dead: unknown;
	let lastAt = 0;
	for (let left = inHand; left.size > 0; left = await claims()) {
		const sent = new Set(provider.pushes.map(({ token }) => token)).size;
		const [[claimant] = []] = left;
		if (left.size === 1 && sent + (inHand.get(claimant ?? null)?.length ?? 0) >= 500) dead ??= claimant;
		lastAt = Date.now();
		await Bun.sleep(50);
	}

	const counts = pushedCounts(provider);
	const doubled = [...counts].filter(([, times]) => times > 1).map(([count]) => registered[count - 1]?.node);
	const claimedByDead = new Set(inHand.get(dead as string)?.map(({ node }) => node));
	console.log(
		`500 handed over, ${sum(counts.values())} sent: ${doubled.length} twice, where the dead one had ${claimedByDead.size} in hand; the last ${Math.round((lastAt - killedAt) / 1000)} s after the kill`,
	);
	expect(counts.size).toBe(500);
	expect(doubled.filter((node) => !claimedByDead.has(node ?? ""))).toEqual([]);
	expect(Math.max(...counts.values())).toBeLessThanOrEqual(2);
}, 60_000);

describe("two components of one domain at a real ejabberd", () => {
	test("200 publishes a second for 16 s, one that stands still for a moment, the other killed in the middle: what was answered was delivered, or a newer one to the same device", async () => {
		const server = await startEjabberd(ends);
		const settings = {
			...(await fleetSettings(await startDatabase(ends), provider)),
			...asComponent(server),
			PUSH_INTERVAL_MS: "0",
		};
		const one = await startOne(settings, ends);
		const two = await startOne(settings, ends);
		const registered = await registerMany(400, two, provider);
		// As a real one takes: so there is always some on its way, also when the connector is killed.
		provider.respondWith({ status: 200, after: () => Bun.sleep(50) });
		const { publish, answers } = await startPublisher(server, "alice", ends);
		const PER_SECOND = 200;
		const published = PER_SECOND * 16;
		const deviceOf = (count: number) => (count - 1) % registered.length;
		let standing: Promise<unknown> | undefined;
		let dying: Promise<void> | undefined;
		await evenly(PER_SECOND, published / PER_SECOND, (index) => {
			const to = registered[deviceOf(index + 1)];
			if (to) publish(to, index + 1);
			// What comes meanwhile is there all at once afterwards, more than may be on its way.
			if (index === published / 8) standing = pauseProcess(two.pid());
			if (index === published / 8 + PER_SECOND) {
				standing = standing?.then(() => process.kill(two.pid(), "SIGCONT"));
			}
			if (index === published / 2) {
				dying = (async () => {
					await one.kill9();
					await one.start();
				})();
			}
		});
		await Promise.all([standing, dying]);
		const inOutboxes = async () =>
			sum(await Promise.all([one, two].map((each) => metric(each, "reveille_outbox_entries"))));
		// A push is answered when it was delivered: if nothing comes within what it may take, all that will has come.
		for (let before = -1; answers.size > before || (await inOutboxes()) > 0; ) {
			before = answers.size;
			await Bun.sleep(1_000);
		}
		const kinds = new Map(
			[...Map.groupBy(answers.values(), (kind) => kind)].map(([kind, all]) => [kind, all.length]),
		);
		const counts = pushedCounts(provider);
		const newest = new Map<number, number>();
		for (const count of counts.keys()) {
			newest.set(deviceOf(count), Math.max(count, newest.get(deviceOf(count)) ?? 0));
		}
		const answered = [...answers].filter(([, kind]) => kind === "result").map(([count]) => count);
		const lost = answered.filter((count) => (newest.get(deviceOf(count)) ?? 0) < count);
		const superseded = answered.filter((count) => !counts.has(count)).length - lost.length;
		const shares = [one, two].map((each) => metric(each, "reveille_publishes_total"));
		console.log(
			`${published} published: answers ${JSON.stringify(Object.fromEntries(kinds))}, ${published - answers.size} unanswered; ${counts.size} delivered, ${sum(counts.values()) - counts.size} of them twice; ${superseded} superseded; taken in by the two since their starts: ${(await Promise.all(shares)).join(" and ")}`,
		);
		expect(lost).toEqual([]);
		// Nobody said anything but `result`: an error would have cost a registration.
		expect([...kinds.keys()]).toEqual(["result"]);
		// What was on its way to the one that died, and no more.
		expect(published - answers.size).toBeLessThan(PER_SECOND / 2);
		expect(Math.min(...(await Promise.all(shares)))).toBeGreaterThan(published / 10);
	}, 60_000);
});
