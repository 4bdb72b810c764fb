/**
 * Apps of one process that sends, composed as `connector/connector.ts` does, and their providers in another process.
 */
import { generateKeyPairSync } from "node:crypto";
import { createPinnedFetch } from "../../../src/bun/fetch/pinned.ts";
import type { Delivery } from "../../../src/delivery/delivery.ts";
import { createGates, type Gates } from "../../../src/delivery/gates/gates.ts";
import type { OutboxLoop } from "../../../src/delivery/outbox/outbox-loop.ts";
import { createVerdicts } from "../../../src/delivery/outcomes/dead-token-verdicts.ts";
import { endpointPolicy } from "../../../src/services/endpoint.ts";
import { createFcm } from "../../../src/services/fcm/fcm.ts";
import { importServiceAccount } from "../../../src/services/fcm/service-account.ts";
import {
	createVapid,
	generateVapidKey,
	importVapidKey,
} from "../../../src/services/webpush/vapid-signature.ts";
import { createWebPush } from "../../../src/services/webpush/webpush.ts";
import type { Answer, PushService } from "../../../src/types.ts";
import { type DeliveryFixture, openDeliveryFixture } from "../delivery-fixture.ts";
import { startOutboxLoop } from "../outbox/started-loop.ts";
import type { LoadAddresses } from "./provider.ts";

/** A registration, as far as its user's server knows it. */
export interface Target {
	node: string;
	secret: string;
	token: string;
}

export interface LoadScene {
	addresses: LoadAddresses;
	fixture: DeliveryFixture;
	gates: Gates;
	delivery: Delivery;
	loop: OutboxLoop;
	/** The gates that shut, ever. */
	shut: Set<string>;
	/** The gates whose verdicts were not believed, ever. */
	mass: string[];
	register(app: string, token: string): Promise<Target>;
	/** Tells a provider something, or asks it. */
	ask(url: string, body?: unknown): Promise<Response>;
	close(): Promise<void>;
}

/**
 * Three apps: `sick` and `well` at FCM's protocol, `web` at any Web Push service.
 * @param sendDeadlineMs how long a push service may take to answer
 */
export async function openLoadScene(sendDeadlineMs: number): Promise<LoadScene> {
	const { promise, resolve } = Promise.withResolvers<LoadAddresses>();
	const provider = Bun.spawn([process.execPath, `${import.meta.dir}/provider.ts`], {
		stdio: ["ignore", "inherit", "inherit"],
		ipc: (message: LoadAddresses) => resolve(message),
	});
	const addresses = await promise;
	const fixture = await openDeliveryFixture();
	const shut = new Set<string>();
	const mass: string[] = [];
	const gates = createGates({ onShut: (name) => shut.add(name), onOpen: (name) => loop.open(name) });
	const policy = endpointPolicy({ allowHosts: [], allowPrivate: true });
	const now = Date.now;
	const vapid = createVapid({ key: await importVapidKey(await generateVapidKey()), subject: undefined, now });
	const services = new Map<string, PushService>([
		["sick", await fcmAt(addresses.sick)],
		["well", await fcmAt(addresses.well)],
		["web", createWebPush({ fetch: createPinnedFetch({ policy }), vapid, policy, now })],
	]);
	const delivery = fixture.compose({
		services,
		apps: [...services].map(([name, { name: service }]) => ({ name, service })),
		// As without BUN_CONFIG_MAX_HTTP_REQUESTS: an eighth of the 256 requests that Bun has in flight.
		gates,
		maxInFlight: 32,
		sendDeadlineMs,
		now,
		random: Math.random,
		verdicts: createVerdicts({ onMass: (gate) => mass.push(gate) }),
		onQueued: (at, queue) => loop.wake(at, queue),
	});
	const loop = startOutboxLoop(fixture.outbox, delivery.retry, fixture.log);
	let devices = 0;
	return {
		addresses,
		fixture,
		gates,
		delivery,
		loop,
		shut,
		mass,
		async register(app, token) {
			const wanted = { owner: "", app, device: `device ${++devices}`, token };
			const result = await fixture.registrations.register(wanted, () => fixture.keyring.createNode());
			if (result.kind === "over-quota") throw new Error("over quota");
			const { node } = result.registration;
			return { node, token, secret: await fixture.keyring.secretOf(node) };
		},
		ask: (url, body) =>
			fetch(url, { method: "POST", ...(body !== undefined && { body: JSON.stringify(body) }) }),
		async close() {
			await loop.stop();
			await delivery.idle(sendDeadlineMs);
			provider.kill();
			await provider.exited;
			await fixture.close();
		},
	};
}

async function fcmAt(url: string): Promise<PushService> {
	const { privateKey } = generateKeyPairSync("rsa", {
		modulusLength: 2048,
		publicKeyEncoding: { type: "spki", format: "pem" },
		privateKeyEncoding: { type: "pkcs8", format: "pem" },
	});
	const account = {
		type: "service_account",
		project_id: "p",
		private_key: privateKey,
		token_uri: `${url}/token`,
		private_key_id: "k",
		client_email: "push@p.iam.gserviceaccount.com",
	};
	const serviceAccount = await importServiceAccount(JSON.stringify(account));
	return createFcm({ serviceAccount, url, fetch, now: Date.now });
}

/** How often a load looks how many publishes are due, ms: those come at once. */
export const STEP_MS = 2;

/** How much of a pause is made up for, ms. */
const LATE_MS = 20;

/** Publishes to the targets in turn, so many a second, and says how each was answered. */
export class Load {
	/** ms from publish to answer. */
	readonly latencies: number[] = [];
	readonly answers: Answer["kind"][] = [];
	readonly delivered: boolean[] = [];
	/** The count of each target's newest publish, by its token. */
	readonly newest = new Map<string, number>();
	/** The most publishes that waited for their answer at once. */
	mostOpen = 0;
	readonly #scene: LoadScene;
	readonly #targets: readonly Target[];
	#sent = 0;
	#open = 0;

	constructor(scene: LoadScene, targets: readonly Target[]) {
		this.#scene = scene;
		this.#targets = targets;
	}

	/** @returns when all that was published in this time is answered */
	async run(perSecond: number, seconds: number): Promise<void> {
		let startedAt = performance.now();
		const waiting: Promise<void>[] = [];
		for (let sent = 0; sent < perSecond * seconds; ) {
			// A machine that stood still for a moment owes nothing: all of it at once would be another load.
			const lateMs = performance.now() - startedAt - (sent / perSecond) * 1000;
			startedAt += Math.max(0, lateMs - LATE_MS);
			const due = Math.floor(((performance.now() - startedAt) / 1000) * perSecond);
			for (; sent < Math.min(due, perSecond * seconds); sent++) waiting.push(this.#publish());
			await Bun.sleep(STEP_MS);
		}
		await Promise.all(waiting);
	}

	/** Below which 99 of 100 latencies so far lie, ms. Forgets them. */
	p99(): number {
		return quantile(this.latencies.splice(0), 0.99);
	}

	async #publish(): Promise<void> {
		const count = ++this.#sent;
		const target = this.#targets[count % this.#targets.length];
		if (!target) throw new Error("no target");
		this.newest.set(target.token, count);
		this.mostOpen = Math.max(this.mostOpen, ++this.#open);
		const startedAt = performance.now();
		const notification = { class: "high", count, body: "x".repeat(2000) } as const;
		const answer = await this.#scene.delivery.publish({ ...target, notification });
		this.latencies.push(performance.now() - startedAt);
		this.answers.push(answer.kind);
		this.delivered.push(answer.kind === "done" && answer.how === "delivered");
		this.#open--;
	}
}

/** Below which this part of the values lies. */
export function quantile(values: readonly number[], part: number): number {
	return values.toSorted((a, b) => a - b)[Math.floor(values.length * part)] ?? Number.NaN;
}
