/** Two processes as one component (XEP-0114), with one database file. */
import { expect, test } from "bun:test";
import { join } from "node:path";
import { generateVapidKey } from "../../src/services/webpush/vapid-signature.ts";
import { temporaryFolder } from "../peers/folder.ts";
import {
	asComponent,
	DOMAIN,
	ends,
	login,
	metric,
	publish,
	register,
	reveille,
	startWithComponent,
} from "./component.ts";

test("two components of one domain at an ejabberd share its publishes, and one goes on when the other ends", async () => {
	const server = await startWithComponent("ejabberd");
	ends.push(() => server.stop());
	await server.addUsers(["alice"], "secret");
	const folder = temporaryFolder("shared");
	ends.push(() => folder.remove());
	const shared = {
		...asComponent(server),
		DATABASE_URL: `file:${join(folder.path, "shared.db")}`,
		SECRET_KEY: "the-key-that-both-derive-secrets-from",
		VAPID_PRIVATE_KEY: await generateVapidKey(),
	};
	const one = await reveille(shared);
	const two = await reveille(shared);
	const { address } = await register(one);
	const alice = await login(server, "alice");
	const publishMany = async (count: number) => {
		for (let sent = 0; sent < count; sent++) {
			const answer = await alice.iq("set", publish(address), DOMAIN);
			expect(answer.attrs.type).toBe("result");
		}
	};
	await publishMany(40);
	const [first, second] = [
		await metric(one, "reveille_publishes_total"),
		await metric(two, "reveille_publishes_total"),
	];
	expect(first + second).toBe(40);
	expect(Math.min(first, second)).toBeGreaterThan(0);
	await one.halt();
	await publishMany(20);
	expect(await metric(two, "reveille_publishes_total")).toBe(second + 20);
	expect(await metric(two, 'reveille_xmpp_connects_total{stream="new"}')).toBe(1);
}, 90_000);
