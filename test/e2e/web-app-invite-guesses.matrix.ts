/** Somebody guesses at invites, in a real Firefox: it takes a minute or more, of this machine's as of his. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { en } from "../../src/web/page/texts/en.ts";
import { openScene, type Scene } from "./scene.ts";
import { allow, enterInvite, makeInvite, typeInvite } from "./web-app/inviting.ts";
import { looks, signIn } from "./web-app/reading.ts";
import { type FirefoxVisitor, startVisitor } from "./web-app/visitor.ts";

let scene: Scene;
let visitor: FirefoxVisitor | undefined;
beforeAll(async () => {
	scene = await openScene("prosody", {
		settings: { XMPP_ALLOW: "elsewhere.example", PUSH_INTERVAL_MS: "0" },
	});
}, 90_000);
afterAll(async () => {
	await visitor?.close();
	await scene?.stop();
}, 60_000);

test("guessed at, by hand and 10,000 times by a script on the page: told to wait, and nobody is let in", async () => {
	const good = await makeInvite(scene.reveille);
	visitor = await startVisitor({ pushServerUrl: scene.endpoint.browserUrl });
	await signIn(visitor, scene.reveille.url, { jid: `alice@${scene.server.host}`, password: "secret" });
	await allow(visitor, scene);
	await visitor.untilHeading(en.invite.title);
	for (let guess = 1; guess <= 5; guess++) {
		await enterInvite(visitor, `ZZZZ-ZZZZ-ZZZ${guess}`);
		await visitor.untilSaid("There is no such invite");
	}
	// A good one would not be looked up now.
	await enterInvite(visitor, good.code);
	await visitor.untilSaid("Too many invites that let nobody in came from you: try again in");
	await looks(visitor, "invite-wait");

	const applicationServerKey = await scene.reveille.vapidPublicKey();
	const { subscription } = scene.endpoint.createSubscription({ applicationServerKey });
	const startedAt = Date.now();
	const told = await visitor.page.evaluate(async (subscription) => {
		const counts: Record<string, number> = {};
		let left = 10_000;
		const guess = async () => {
			while (left-- > 0) {
				const answer = await fetch("/api/v1/registrations", {
					method: "POST",
					headers: { "Content-Type": "application/json" },
					body: JSON.stringify({ subscription, invite: `AAAA-AAAA-${1_000 + (left % 9_000)}` }),
				});
				counts[answer.status] = (counts[answer.status] ?? 0) + 1;
			}
		};
		await Promise.all(Array.from({ length: 16 }, guess));
		return counts;
	}, subscription);
	console.log(`10,000 guesses over HTTP: ${JSON.stringify(told)}`);
	expect(Object.keys(told).toSorted()).toEqual(["403", "429"]);
	expect((told["403"] ?? 0) + (told["429"] ?? 0)).toBe(10_000);
	// Five at once, and one each twelve seconds.
	expect(told["403"]).toBeLessThanOrEqual(6 + (Date.now() - startedAt) / 12_000);
	const list = JSON.parse(await typeInvite(scene.reveille, "list", "--json"));
	expect(list.find((one: { id: string }) => one.id === good.id)).toMatchObject({ used: 0, state: "good" });
	expect(await scene.server.pushEnabled("alice")).toEqual([]);
}, 400_000);
