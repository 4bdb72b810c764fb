/** At a real ejabberd, and with two connectors there, of which either may hear what a phone says. */
import { expect, test } from "bun:test";
import { join } from "node:path";
import { generateVapidKey } from "../../src/services/webpush/vapid-signature.ts";
import { temporaryFolder } from "../peers/folder.ts";
import { ends, metric, reveille, startWithComponent } from "./component.ts";
import {
	asPushServer,
	behindProxy,
	phoneOf,
	post,
	testUnifiedPush,
	testUnifiedPushRestarts,
	untilWaiting,
} from "./unified-push.ts";

testUnifiedPush("ejabberd");
testUnifiedPushRestarts("ejabberd");

test("two connectors of one component: pushes to either reach the phone once, and either hears that it is back", async () => {
	const server = await startWithComponent("ejabberd");
	ends.push(() => server.stop());
	await server.addUsers(["alice"], "secret");
	const folder = temporaryFolder("shared");
	ends.push(() => folder.remove());
	const shared = {
		...asPushServer(server),
		DATABASE_URL: `file:${join(folder.path, "shared.db")}`,
		SECRET_KEY: "the-key-that-both-derive-secrets-from",
		VAPID_PRIVATE_KEY: await generateVapidKey(),
	};
	const both = [await reveille(shared), await reveille(shared)] as const;
	const phone = phoneOf(server, "alice");
	await phone.connect();
	const got: string[] = [];
	const begun = performance.now();
	for (let app = 0; app < 10; app++) {
		const endpoint = await phone.register(`app-${app}`);
		for (const [number, one] of both.entries())
			for (const turn of [1, 2])
				expect((await post(behindProxy(endpoint, one), `${number}.${turn}`)).status).toBe(201);
		for (let push = 0; push < 4; push++) got.push(String(await phone.next(`app-${app}`)));
	}
	// None waited for a deadline of ten seconds.
	expect(performance.now() - begun).toBeLessThan(25_000);
	expect(got.toSorted()).toEqual(["0.1", "0.2", "1.1", "1.2"].flatMap((each) => Array(10).fill(each)));
	await untilWaiting(both[0], 0);
	expect(phone.rest()).toBe(0);

	const endpoint = await phone.register("app-0");
	for (let round = 0; round < 4; round++) {
		await phone.goOffline();
		for (const [number, one] of both.entries())
			expect((await post(behindProxy(endpoint, one), `away ${number}`)).status).toBe(201);
		await phone.connect();
		const back = [await phone.next("app-0"), await phone.next("app-0")].map(String);
		expect(back.toSorted()).toEqual(["away 0", "away 1"]);
		await untilWaiting(both[0], 0);
	}
	expect(phone.rest()).toBe(0);
	for (const one of both)
		expect(await metric(one, 'reveille_unifiedpush_pushes_total{answer="kept"}')).toBe(24);
	for (const end of ends.splice(0).reverse()) await end();
}, 90_000);
