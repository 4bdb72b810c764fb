/**
 * Masses at their full size: 10,000 made-up endpoints at one host, 12,000 dead hosts in the outbox, 30,000 made-up
 * owners. Each takes some ten seconds.
 */
import { afterEach, describe, expect, test } from "bun:test";
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { startFcmServer } from "../peers/fcm-server.ts";
import { mountSmallDisk } from "../peers/small-disk.ts";
import { startWebPushServer } from "../peers/web-push-server.ts";
import { type Crowd, deviceAt, inMasses, SITE, startCrowd, subscriptionAt, type Target } from "./crowd.ts";

const ends: (() => unknown)[] = [];
afterEach(async () => {
	for (const end of ends.splice(0).reverse()) await end();
}, 60_000);

async function crowd(settings: Parameters<typeof startCrowd>[0] = {}): Promise<Crowd> {
	const started = await startCrowd({ WEBPUSH_ALLOW_HOSTS: "127.0.0.1, *", ...settings });
	ends.push(() => started.stop());
	return started;
}

/** A push service that the operator named. */
function service() {
	const started = startWebPushServer();
	ends.push(() => started.stop());
	return started;
}

/** A host that nobody named, where nobody answers. */
const UNNAMED = "http://127.0.6.1:9";
/** Its quota, when nothing is set. */
const QUOTA = 10_000;
const SHARE = QUOTA / 10;
const FULL = "wait/resource-constraint";

const byCommand = ({ register }: Crowd, owner: string, endpoint: string) =>
	register(owner, "register-push-webpush", deviceAt(endpoint));

describe("10,000 made-up endpoints at one host", () => {
	test("of one domain, and of one /48: each has a tenth of the quota, and others register there", async () => {
		const started = await crowd();
		let made = 0;
		await inMasses(QUOTA, async (index) => {
			const { said } = await byCommand(started, `user@s${index}.mallory.example`, `${UNNAMED}/a${index}`);
			if (said === "result") made++;
		});
		expect(made).toBeGreaterThan(0);
		expect(made).toBeLessThanOrEqual(SHARE);
		let madeOverHttp = 0;
		await inMasses(QUOTA / 5, async (index) => {
			// One /48: what it may do at once is used up soon, so that most is refused before it is counted.
			const answer = await started.ask(
				"POST",
				"/registrations",
				index % SITE,
				subscriptionAt(`${UNNAMED}/b${index}`),
			);
			if (answer.status === 201) madeOverHttp++;
		});
		expect(madeOverHttp).toBeLessThanOrEqual(SHARE);
		expect(await byCommand(started, "juliet@capulet.example", `${UNNAMED}/juliet`)).toMatchObject({
			said: "result",
		});
		const answer = await started.ask("POST", "/registrations", 9 * SITE, subscriptionAt(`${UNNAMED}/romeo`));
		expect(answer.status).toBe(201);
	}, 180_000);

	test("of many domains fill it: a newcomer displaces what was tried in vain, and never a quiet device", async () => {
		const started = await crowd();
		const quiet = await byCommand(started, "quiet@capulet.example", `${UNNAMED}/quiet`);
		expect(quiet.said).toBe("result");
		/** With the domain that may publish to them. */
		const victims: [Target, string | undefined][] = [];
		await inMasses(QUOTA + 2_000, async (index) => {
			const domain = `mallory${index % 11}.example`;
			const { said, values } = await byCommand(started, `user${index}@${domain}`, `${UNNAMED}/${index}`);
			if (said === "result") victims.push([values, domain]);
		});
		// All domains that are unknown have made what they may at once. The rest comes over HTTP, each from another /48.
		for (let network = 0; ; network += SITE) {
			const json = subscriptionAt(`${UNNAMED}/h${network}`);
			const answer = await started.ask("POST", "/registrations", network, json);
			if (answer.status !== 201) break;
			victims.push([(await answer.json()) as Target, undefined]);
		}
		expect(victims).toHaveLength(QUOTA - 1);
		const newcomer = () => byCommand(started, "newcomer@montague.example", `${UNNAMED}/newcomer`);
		expect((await newcomer()).said).toBe(FULL);
		// Nobody has published to any of them yet.
		const [tried = {}, domain] = victims[0] ?? [];
		await started.publish(tried, domain);
		// Nobody tells the newcomer when there is room: it asks again.
		const deadline = performance.now() + 60_000;
		while ((await newcomer()).said !== "result" && performance.now() < deadline) await Bun.sleep(500);
		expect((await newcomer()).said).toBe("result");
		expect((await started.publish(tried, domain)).said).toBe("cancel/item-not-found");
		expect((await started.publish(quiet.values, "capulet.example")).said).toBe("result");
	}, 240_000);

	test("at a host that the operator named are nobody's quota", async () => {
		const started = await crowd();
		let made = 0;
		const { origin } = service();
		await inMasses(QUOTA + 500, async (index) => {
			const answer = await started.ask(
				"POST",
				"/registrations",
				index,
				subscriptionAt(`${origin}/wpush/v2/${index}`),
			);
			if (answer.status === 201) made++;
		});
		expect(made).toBe(QUOTA + 500);
	}, 180_000);
});

test("12,000 dead hosts in the outbox: a push that failed once at an app, or at a named host, is tried again in time", async () => {
	const fcm = startFcmServer();
	ends.push(() => fcm.stop());
	const named = service();
	const started = await crowd({ FCM_SERVICE_ACCOUNT: fcm.serviceAccount, FCM_URL: fcm.url });
	const DEAD = 12_000;
	const targets: Target[] = [];
	await inMasses(DEAD, async (index) => {
		const host = `127.${20 + Math.floor(index / 62_500)}.${Math.floor(index / 250) % 250}.${(index % 250) + 1}`;
		const answer = await started.ask(
			"POST",
			"/registrations",
			index,
			subscriptionAt(`http://${host}:9/dead`),
		);
		if (answer.status !== 201) throw new Error(`${answer.status} ${await answer.text()}`);
		targets.push((await answer.json()) as Target);
	});
	const phone = await started.register("juliet@capulet.example", "register-push-fcm", {
		token: fcm.createDevice(),
		"device-id": "phone",
	});
	const applicationServerKey = await started.reveille.vapidPublicKey();
	const browser = named.createSubscription({ applicationServerKey });
	const { endpoint, keys } = browser.subscription;
	const page = await started.register("juliet@capulet.example", "register-push-webpush", {
		token: endpoint,
		...keys,
	});

	let answered = 0;
	await inMasses(
		DEAD,
		async (index) => {
			const { said } = await started.publish(targets[index] ?? {}, undefined, "voip");
			if (said === "result") answered++;
		},
		1_000,
	);
	expect(answered).toBe(DEAD);

	fcm.respondWith({ status: 503, times: 1 });
	named.respondWith({ status: 503, times: 1 });
	const startedAt = performance.now();
	for (const { values } of [phone, page])
		expect((await started.publish(values, "capulet.example")).said).toBe("result");
	await Promise.all([fcm.waitForPushes(2, undefined, 60_000), named.waitForPushes(2, undefined, 60_000)]);
	// The first retry comes after five seconds at the most.
	expect(performance.now() - startedAt).toBeLessThan(15_000);
}, 300_000);

describe("a flood of registrations over XMPP", () => {
	/** What all domains that are unknown may together, and one of them. */
	const strangers = { burst: 10_000, perSecond: 100 };
	const party = { burst: 1_000, perSecond: 10 };

	test("from 1,500 made-up domains adds what all strangers may, and a domain that is known registers meanwhile", async () => {
		const started = await crowd();
		const named = service();
		const applicationServerKey = await started.reveille.vapidPublicKey();
		const device = () => {
			const { endpoint, keys } = named.createSubscription({ applicationServerKey }).subscription;
			return { token: endpoint, ...keys };
		};
		const juliet = await started.register("juliet@capulet.example", "register-push-webpush", device());
		await started.publish(juliet.values, "capulet.example");
		await named.waitForPush();
		// A domain that was not known is asked after again a minute later, and at a start.
		await started.reveille.halt();
		await started.reveille.start();

		const startedAt = performance.now();
		let made = 0;
		const neighbours: string[] = [];
		let isOver = false;
		const known = (async () => {
			for (let index = 0; !isOver; index++) {
				const owner = `neighbour${index}@capulet.example`;
				neighbours.push((await started.register(owner, "register-push-webpush", device())).said);
				// Twice a second: the load, not a wait.
				await Bun.sleep(500);
			}
		})();
		await inMasses(
			30_000,
			async (index) => {
				const owner = `user${index}@s${index}.made-up${index % 1_500}.example`;
				const endpoint = `http://127.30.${index % 250}.${(Math.floor(index / 250) % 250) + 1}:9/${index}`;
				if ((await byCommand(started, owner, endpoint)).said === "result") made++;
			},
			200,
		);
		isOver = true;
		await known;
		const seconds = (performance.now() - startedAt) / 1000;
		expect(made).toBeGreaterThan(0);
		expect(made).toBeLessThanOrEqual(strangers.burst + strangers.perSecond * (seconds + 1));
		expect(neighbours.filter((said) => said !== "result")).toEqual([]);
		expect(neighbours.length).toBeGreaterThan(1);
		expect(databaseBytes(started)).toBeLessThan(2_000 * made + 16_000_000);
	}, 300_000);

	test("from sub-domains of one domain is one domain's", async () => {
		const started = await crowd();
		const startedAt = performance.now();
		let made = 0;
		await inMasses(10_000, async (index) => {
			const owner = `user${index}@s${index}.mallory.example`;
			if (
				(await byCommand(started, owner, `http://127.30.0.${(index % 250) + 1}:9/${index}`)).said === "result"
			)
				made++;
		});
		const seconds = (performance.now() - startedAt) / 1000;
		expect(made).toBeGreaterThan(0);
		expect(made).toBeLessThanOrEqual(party.burst + party.perSecond * (seconds + 1));
	}, 180_000);

	test("with kilobytes of JIDs and rooms is refused with a sentence, and none of it is kept", async () => {
		const fcm = startFcmServer();
		ends.push(() => fcm.stop());
		const started = await crowd({ FCM_SERVICE_ACCOUNT: fcm.serviceAccount, FCM_URL: fcm.url });
		const long = "l".repeat(1_000);
		const p2 = (owner: string, muc: string, to?: string) =>
			started.register(
				owner,
				"register-push-fcm",
				{ token: fcm.createDevice(), "device-id": "phone", muc },
				to,
			);
		for (const [owner, muc] of [
			[`${long}@capulet.example`, ""],
			[`juliet@${"l.".repeat(400)}example`, ""],
			["juliet@capulet.example", `${long}@rooms.example`],
		] as const) {
			expect((await p2(owner, muc)).said).toBe("modify/not-acceptable");
		}
		const { said, values } = await p2(
			"juliet@capulet.example",
			"room@rooms.example",
			`${long}@push.example.org/${long}`,
		);
		expect({ said, jid: values.jid }).toEqual({ said: "result", jid: "push.example.org" });
	}, 60_000);
});

test("on a disk that is nearly full nothing new is registered, and what is registered may be renewed", async () => {
	const disk = mountSmallDisk();
	ends.push(() => disk.remove());
	const started = await crowd({ DATABASE_URL: `file:${join(disk.path, "shared.db")}` });
	const first = await started.ask("POST", "/registrations", 0, subscriptionAt(`${UNNAMED}/first`));
	expect(first.status).toBe(201);
	const made = (await first.json()) as { node: string; secret: string; deviceSecret?: string };
	disk.fillUp(160_000);
	// What the disk said last is believed for a second.
	await Bun.sleep(1_100);
	const refused = await started.ask("POST", "/registrations", 1, subscriptionAt(`${UNNAMED}/second`));
	expect({ status: refused.status, later: refused.headers.has("Retry-After") }).toEqual({
		status: 503,
		later: true,
	});
	expect((await byCommand(started, "juliet@capulet.example", `${UNNAMED}/third`)).said).toMatch(/^wait\//);
	const { node, secret, deviceSecret = secret } = made;
	const renewed = await started.ask(
		"PUT",
		`/registrations/${node}`,
		2,
		subscriptionAt(`${UNNAMED}/renewed`),
		deviceSecret,
	);
	expect(renewed.status).toBe(200);
	disk.makeRoom();
	// The same.
	await Bun.sleep(1_100);
	const taken = await started.ask("POST", "/registrations", 3, subscriptionAt(`${UNNAMED}/second`));
	expect(taken.status).toBe(201);
}, 60_000);

/** The shared database's files together. */
function databaseBytes({ reveille: { dataFolder } }: Crowd): number {
	return readdirSync(dataFolder)
		.filter((name) => name.startsWith("reveille.db"))
		.reduce((sum, name) => sum + statSync(join(dataFolder, name)).size, 0);
}
