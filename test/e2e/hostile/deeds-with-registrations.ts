/** Registrations in masses, and others' registrations; and what HTTP alone lets anybody do. */
import { expect } from "bun:test";
import { registrationBounds } from "../../../src/limits/bounds/registrations.ts";
import type { WebPushServer } from "../../peers/web-push-server.ts";
import { registerByCommand } from "../ad-hoc.ts";
import { evenly } from "../fleet.ts";
import { command, type Deed, deviceAt, field, subscriptionAt } from "./means.ts";
import { HOST_QUOTA, NEWCOMER, type Siege } from "./siege.ts";
import { COMPONENT, SITE } from "./stranger.ts";

/** How many requests are on their way at once. */
const AT_ONCE = 16;

/** Somebody else registers by command, as an ordinary user. @throws where that is refused */
async function registersNow(siege: Siege, service: WebPushServer): Promise<void> {
	const { scene } = siege;
	const user = await scene.login(NEWCOMER);
	const { node } = await registerByCommand(user, scene.address, await deviceAt(service, siege));
	expect(node).not.toBe("");
	await user.goOffline();
}

/** Does something so many times, some at once. */
async function inMasses(count: number, act: (index: number) => Promise<unknown>): Promise<void> {
	let next = 0;
	const go = async () => {
		while (next < count) await act(next++);
	};
	await Promise.all(Array.from({ length: AT_ONCE }, go));
}

export const deedsWithRegistrations: readonly Deed[] = [
	{
		what: "registers for owners whom he made up, one with an address as long as may be",
		async do(siege) {
			const { stranger, scene } = siege;
			const { p256dh, auth } = scene.endpoint.createSubscription().subscription.keys;
			/** At many push services, so that none is full. */
			const fields = (index: number) =>
				field("token", `http://127.0.3.${(index % 250) + 1}:9/${index}`) +
				field("p256dh", p256dh) +
				field("auth", auth);
			const register = (id: string, owner: string, index: number) => {
				const from = `${owner}@${COMPONENT.domain}/x`;
				return stranger.sayAsServer(command(scene.address, id, "register-push-webpush", fields(index), from));
			};
			const tooLong = "l".repeat(registrationBounds.jid.is);
			await register("too-long", tooLong, 0);
			const seconds = 5;
			const began = performance.now();
			await Promise.all([
				// In the midst of it.
				Bun.sleep(2_000).then(() => registersNow(siege, scene.endpoint)),
				evenly(1_000, seconds, (index) => register(`owner-${index}`, `owner-${index}`, index)),
			]);
			expect(stranger.answers.get("too-long")).toContain("not-acceptable");
			const answered = [...stranger.answers].filter(([id]) => id.startsWith("owner-"));
			const registered = answered.filter(([, answer]) => answer === "result");
			expect(answered.length).toBeGreaterThan(0);
			const took = (performance.now() - began) / 1_000;
			// One domain gets a tenth of what all that are unknown may have together: 10,000, and 100 a second.
			expect(registered.length).toBeLessThan(1_000 + 10 * (took + 10));
		},
	},
	{
		what: "fills a push service's quota with endpoints that he made up",
		async do(siege) {
			const { stranger, unnamed } = siege;
			await inMasses(1.2 * HOST_QUOTA, async (index) => {
				// A /48 may write 600 times at once.
				const network = (30 + Math.floor(index / 500)) * SITE + index;
				const json = subscriptionAt(`${unnamed.origin}/wpush/v2/made-up-${index}`, siege);
				await stranger.ask("POST", "/api/v1/registrations", { network, json });
			});
			await registersNow(siege, unnamed);
		},
	},
	{
		what: "tries to end registrations with what the users' server has, the node and its secret",
		async do({ stranger, bystanders }) {
			for (const [index, { address }] of bystanders.all.entries()) {
				const options = { network: 40 * SITE + index, secret: address.secret };
				const { status } = await stranger.ask("DELETE", `/api/v1/registrations/${address.node}`, options);
				expect(status).not.toBe(204);
			}
		},
	},
	{
		what: "asks over HTTP for what is dear to answer",
		async do({ stranger }) {
			const json = Object.fromEntries(Array.from({ length: 1_500 }, (_, index) => [`f${index}`, 1]));
			await inMasses(1_000, async (index) => {
				const network = 41 * SITE + index;
				await (await stranger.ask("GET", "/docs", { network })).text();
				if (index % 4 > 0) return;
				await (await stranger.ask("POST", "/api/v1/registrations", { network, json })).text();
			});
		},
	},
];
