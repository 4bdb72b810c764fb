/** Pushes to services that are not there, which the outbox keeps and tries again: a while after the deed, too. */
import { expect } from "bun:test";
import { type Deed, deviceAt, publish, publishInTurn, registerAll, subscriptionAt } from "./means.ts";
import type { Siege } from "./siege.ts";

/** A push to a device of somebody else's fails once. @returns how long it took until it was tried again, ms */
async function retriedAfter(siege: Siege): Promise<number> {
	const { endpoint: service, reveille } = siege.scene;
	const { subscription } = await deviceAt(service, siege);
	const { endpoint } = subscription;
	const address = await reveille.register(subscription, "no token");
	service.respondWith({ status: 503, endpoint, times: 1 });
	await publish(siege, address, "high");
	// Before the first try it waits behind the stranger's own publishes, in his server.
	await service.waitForPushes(1, (push) => push.endpoint === endpoint, 100_000);
	const startedAt = performance.now();
	await service.waitForPushes(1, (push) => push.endpoint === endpoint, 40_000);
	return performance.now() - startedAt;
}

export const deedsWithDeadServices: readonly Deed[] = [
	{
		what: "keeps the outbox busy with push services that are not there, or never answer",
		async do(siege) {
			const silent = Array.from({ length: 30 }, () =>
				Bun.listen({ hostname: "127.0.4.1", port: 0, socket: { data() {}, error() {} } }),
			);
			try {
				const endpoints = [
					...silent.map(({ port }) => `http://127.0.4.1:${port}/silent`),
					...Array.from({ length: 250 }, (_, index) => `http://127.0.1.${index + 1}:9/dead`),
				];
				const at = (index: number) => subscriptionAt(endpoints[index] ?? "", siege);
				const made = await registerAll(siege, endpoints.length, at, 20);
				const classes = ["voip", "event", "high"] as const;
				const [after] = await Promise.all([
					// In the midst of it.
					Bun.sleep(2_000).then(() => retriedAfter(siege)),
					publishInTurn(siege, made, { perSecond: 140, seconds: 6, classes }),
				]);
				expect(after).toBeLessThan(15_000);
			} finally {
				for (const one of silent) one.stop(true);
			}
		},
	},
];
