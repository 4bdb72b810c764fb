/** Pushes to what is none of the push service's devices, to nobody, in masses, and of no use. */
import { expect } from "bun:test";
import type { WebPushServer } from "../../peers/web-push-server.ts";
import {
	type Address,
	type Deed,
	deviceAt,
	longPublish,
	MEGABYTE,
	publishInTurn,
	registerAll,
	subscriptionAt,
} from "./means.ts";
import { outboxBytes } from "./outbox-bytes.ts";
import type { Siege } from "./siege.ts";
import { SITE } from "./stranger.ts";

/** So long a text gets through the server: stock Prosody takes no stanza above 256 KiB. */
const TEXT = { prosody: 200_000, ejabberd: 500_000 } as const;

/** Registrations whose endpoint is a page of a push service: some from the start, some that were delivered to before. */
async function registerPages(siege: Siege, service: WebPushServer, site: number): Promise<Address[]> {
	const page = (index: number) => subscriptionAt(`${service.origin}/status?${index}`, siege);
	const made = await registerAll(siege, 5, page, site);
	const device = await deviceAt(service, siege);
	const turned = await registerAll(siege, 5, () => device, site + 1);
	await publishInTurn(siege, turned, { perSecond: 10, seconds: 0.5 });
	for (const [index, { node, secret, deviceSecret = secret }] of turned.entries()) {
		const network = (site + 2) * SITE + index;
		const options = { network, secret: deviceSecret, json: page(5 + index) };
		expect((await siege.stranger.ask("PUT", `/api/v1/registrations/${node}`, options)).status).toBe(200);
	}
	return [...made, ...turned];
}

export const deedsWithPushes: readonly Deed[] = [
	{
		what: "publishes to pages of the others' push services that take no pushes",
		async do(siege) {
			const pages = [
				...(await registerPages(siege, siege.scene.endpoint, 1)),
				...(await registerPages(siege, siege.unnamed, 11)),
			];
			await publishInTurn(siege, pages, { perSecond: 40, seconds: 8 });
		},
	},
	{
		what: "publishes to a channel of Windows that refuses our access token",
		async do(siege) {
			const { wns } = siege;
			const channel = wns.createChannel();
			const made = await registerAll(siege, 1, () => ({ app: "wns", token: channel }));
			await publishInTurn(siege, made, { perSecond: 2, seconds: 1 });
			const stop = wns.respondWith({ status: 401, token: channel });
			await publishInTurn(siege, made, { perSecond: 5, seconds: 6 });
			stop();
		},
	},
	{
		what: "publishes long texts to devices that cannot be had, for the disk to keep",
		async do(siege) {
			const { stranger, program } = siege;
			const at = (index: number) => subscriptionAt(`http://127.0.2.${index + 1}:9/dead`, siege);
			const made = await registerAll(siege, 20, at, 21);
			const before = outboxBytes(siege);
			const ids: string[] = [];
			for (const to of made) {
				for (const pushClass of ["high", "voip"] as const) {
					const id = `long-${pushClass}-${to.node}`;
					ids.push(id);
					await stranger.say(longPublish(to, id, pushClass, TEXT[program]));
				}
			}
			while (!ids.every((id) => stranger.answers.has(id))) await Bun.sleep(20);
			// What may be kept of the texts, and the journal that is written with them; whole they take three times as much.
			expect(outboxBytes(siege) - before).toBeLessThan(5 * MEGABYTE);
		},
	},
	{
		what: "rings one device ten thousand times",
		async do(siege) {
			const { endpoint: service } = siege.scene;
			const device = await deviceAt(service, siege);
			const made = await registerAll(siege, 1, () => device, 22);
			const startedAt = performance.now();
			await publishInTurn(siege, made, { perSecond: 1_000, seconds: 10, classes: ["voip", "event"] });
			// In this time no more may ring than the classes allow.
			await Bun.sleep(1_000);
			const seconds = (performance.now() - startedAt) / 1000;
			const rang = service.pushes.filter(({ endpoint }) => endpoint === device.subscription.endpoint).length;
			expect(rang).toBeGreaterThan(2);
			// Of each class ten at once, and then one a second.
			expect(rang).toBeLessThan(2 * (10 + seconds + 1));
		},
	},
];
