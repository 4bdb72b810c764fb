/** A libSQL server that answers in every wrong way, under a process that runs: nobody is forgotten, and no memory taken. */
import { afterEach, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import fc from "fast-check";
import { startOddServer } from "../fuzz/odd-server.ts";
import { startSqld } from "../peers/sqld.ts";
import { startWebPushServer } from "../peers/web-push-server.ts";
import { startWire } from "./wire.ts";

const ends: (() => unknown)[] = [];
afterEach(async () => {
	for (const end of ends.splice(0).reverse()) await end();
}, 60_000);

/** Each run tries the same ways. */
const SEED = 11;
/** What has no end is a gigabyte here. */
const ENDLESS_BYTES = 2 ** 30;
/** An answer may have 16 MiB, and there is one at a time. */
const MOST_MEGABYTES = 350;

/** A line whose other end can be changed. */
async function startSwitch() {
	const sides = new Set<Socket>();
	let to = 0;
	const server = createServer((client) => {
		const onward = connect(to, "127.0.0.1");
		for (const side of [client, onward]) {
			sides.add(side);
			side.on("error", () => {});
		}
		client.pipe(onward).pipe(client);
		client.on("close", () => onward.destroy());
		onward.on("close", () => client.destroy());
	});
	const hangUp = () => {
		for (const side of sides) side.destroy();
		sides.clear();
	};
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	ends.push(() => {
		hangUp();
		server.close();
	});
	return {
		url: `http://127.0.0.1:${(server.address() as { port: number }).port}`,
		/** From now on it leads there. */
		lead(url: string) {
			to = Number(new URL(url).port);
			hangUp();
		},
	};
}

/** Has the test run. @param ways how many are tried, a second each */
export function testHostileDatabase(ways: number): void {
	test(
		"publishes wait whatever the database's server answers, and go out when it is itself again",
		async () => {
			const sqld = await startSqld();
			ends.push(() => sqld.stop());
			const line = await startSwitch();
			line.lead(sqld.httpUrl);
			const odd = startOddServer(
				JSON.stringify({ baton: null, base_url: null, results: [] }),
				ENDLESS_BYTES / 2,
			);
			ends.push(() => odd.stop());
			const service = startWebPushServer();
			ends.push(() => service.stop());
			const wire = await startWire({ DATABASE_URL: line.url });
			ends.push(() => wire.stop());
			const applicationServerKey = await wire.reveille.vapidPublicKey();
			const target = await wire.register({
				subscription: service.createSubscription({ applicationServerKey }).subscription,
			});
			expect(await wire.publish(target)).toMatchObject({ said: "done" });

			for (const answer of fc.sample(odd.answers, { numRuns: ways, seed: SEED })) {
				await odd.serve(answer, async (url) => {
					line.lead(url);
					const { said } = await wire.publish(target);
					expect({ answer: answer.name, said }).toEqual({
						answer: answer.name,
						said: "wait internal-server-error",
					});
					return false;
				});
			}
			expect(service.pushes).toHaveLength(1);
			line.lead(sqld.httpUrl);
			expect(await wire.publish(target)).toMatchObject({ said: "done" });
			const status = readFileSync(`/proc/${wire.reveille.pid()}/status`, "utf8");
			expect(Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) / 1024).toBeLessThan(MOST_MEGABYTES);
			// What a server says may be long, and is said for each publish.
			for (const text of wire.reveille.log().split("\n")) expect(text.length).toBeLessThan(2_500);
		},
		60_000 + ways * 5_000,
	);
}
