/** A subscription that the browser ended or replaced. */
import { describe, expect, test } from "bun:test";
import { Fault } from "../../../src/web/kit/fault.ts";
import type { DeviceApi, SubscriptionJson } from "../../../src/web/kit/kit.ts";
import {
	type SubscriptionEffects,
	takeSubscriptionChange,
} from "../../../src/web/worker/subscription-change.ts";
import { ownDevice } from "../own-device.ts";
import { surroundings } from "./effects.ts";

const subscription = (name: string): SubscriptionJson => ({
	endpoint: `https://push.example/${name}`,
	keys: { p256dh: "p", auth: "a" },
});
async function changed(changes: Partial<SubscriptionEffects> = {}) {
	const { effects, told, clock } = surroundings();
	await effects.devices.put(ownDevice({ renewedAt: clock.at }));
	const renewed: unknown[] = [];
	const keys: unknown[] = [];
	const api = {
		async renew(key, to) {
			renewed.push([key.node, key.deviceSecret, to.subscription.endpoint]);
			return key;
		},
	} satisfies Pick<DeviceApi, "renew"> as unknown as DeviceApi;
	const its: SubscriptionEffects = {
		...effects,
		api: async () => api,
		current: async () => undefined,
		async subscribe(key) {
			keys.push(key);
			return subscription("again");
		},
		vapidPublicKey: async () => "ours",
		...changes,
	};
	const take = (change: Parameters<typeof takeSubscriptionChange>[0]) => takeSubscriptionChange(change, its);
	return { take, renewed, keys, told, device: () => effects.devices.get("node-1") };
}

const told = (endpoint: string) => [["node-1", "secret-1", `https://push.example/${endpoint}`]];

describe("Reveille is told", () => {
	test("the subscription that the browser hands over", async () => {
		const its = await changed();
		await its.take({ renewed: subscription("new") });
		expect(its.renewed).toEqual(told("new"));
		expect((await its.device())?.endpoint).toBe("https://push.example/new");
		expect(its.told).toEqual([{ kind: "changed" }]);
	});

	test("the one that there is, if it hands over none", async () => {
		const its = await changed({ current: async () => subscription("there") });
		await its.take({});
		expect(its.renewed).toEqual(told("there"));
		expect(its.keys).toEqual([]);
	});

	test("one that is made with the same key, if there is none", async () => {
		const its = await changed();
		await its.take({ formerKey: "former" });
		expect(its.keys).toEqual(["former"]);
		expect(its.renewed).toEqual(told("again"));
	});

	test("one that is made with Reveille's key, if the browser does not say which it was", async () => {
		const its = await changed();
		await its.take({});
		expect(its.keys).toEqual(["ours"]);
		expect(its.renewed).toEqual(told("again"));
	});
});

test("without Web Push at Reveille nothing is subscribed", async () => {
	const its = await changed({ vapidPublicKey: async () => undefined });
	await its.take({});
	expect([its.keys, its.renewed, its.told]).toEqual([[], [], []]);
});

test("a registration that ended is marked", async () => {
	const api = {
		async renew() {
			throw new Fault({ kind: "ended" });
		},
	} as unknown as DeviceApi;
	const its = await changed({ api: async () => api });
	await its.take({ renewed: subscription("new") });
	expect((await its.device())?.ended?.why).toBe("gone");
});
