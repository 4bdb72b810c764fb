/** Devices in memory alone: published to as others are, registered by nobody, and soon over. */
import { expect, test } from "bun:test";
import { createTrials, type Leg } from "../../src/delivery/trial-devices.ts";
import { createKeyring } from "../../src/secrets.ts";
import type { Notification } from "../../src/types.ts";

const keyring = await createKeyring("k".repeat(40));
const signal = new AbortController().signal;
const HELLO: Notification = { class: "high", body: "hello" };

/** No registration is there. */
const recorded: unknown[] = [];
const nothing = {
	find: async () => undefined,
	findAtPrimary: async () => undefined,
	forget: async () => false,
	rename: async (registration: unknown) => registration,
	forgetVoip: async () => false,
	record: async (...all: unknown[]) => void recorded.push(all),
} as never;

async function begin(trials: ReturnType<typeof createTrials>) {
	const legs: (Leg | string)[] = [];
	const ended = Promise.withResolvers<void>();
	const tell = (leg: Leg, body?: string) => legs.push(leg, ...(body === undefined ? [] : [body]));
	const device = await trials.begin(tell, ended.resolve);
	if (!device) throw new Error("too many");
	return { device, legs, ended: ended.promise };
}

test("a push is opened by the device, and each leg is told", async () => {
	const trials = createTrials(keyring);
	const { device, legs } = await begin(trials);
	expect(await keyring.verify(device.node, device.secret)).toBe("ok");
	trials.arrived(device.node);
	const registration = await trials.beside(nothing).find(device.node);
	if (!registration) throw new Error("it is not there");
	expect(registration.app).toBe(trials.app.name);
	const push = { registration, notification: HELLO, ttlSeconds: 60 };
	expect(await trials.service.send(push, signal)).toEqual({ kind: "delivered" });
	expect(legs).toEqual(["arrived", "handled", "pushed", "decrypted", "hello"]);
	device.end();
});

test("nobody can register one, and no app of the settings has its name", () => {
	const trials = createTrials(keyring);
	expect(() => trials.service.parseDevice({ token: "x" })).toThrow();
	expect(trials.app.name).not.toMatch(/^[A-Za-z0-9]/);
});

test("it ends by itself, and is unknown then", async () => {
	const trials = createTrials(keyring, 10);
	const { device, ended } = await begin(trials);
	const known = trials.beside(nothing);
	const registration = await known.find(device.node);
	await ended;
	expect(await known.find(device.node)).toBeUndefined();
	expect(await known.findAtPrimary(device.node)).toBeUndefined();
	if (!registration) throw new Error("it was not there");
	const push = { registration, notification: HELLO, ttlSeconds: 60 };
	expect(await trials.service.send(push, signal)).toMatchObject({ kind: "gone" });
});

test("there are few at once", async () => {
	const trials = createTrials(keyring);
	const all = await Promise.all(Array.from({ length: 16 }, () => begin(trials)));
	expect(
		await trials.begin(
			() => {},
			() => {},
		),
	).toBeUndefined();
	for (const { device } of all) device.end();
	const { device } = await begin(trials);
	device.end();
});

test("what became of its pushes is not written down, and that of others is", async () => {
	const trials = createTrials(keyring);
	const { device } = await begin(trials);
	const other = { node: "other", at: 1 };
	const counts = ["webpush", trials.app.name].map((app) => ({ app, outcome: "delivered", count: 1 }));
	await trials.beside(nothing).record([{ node: device.node, at: 1 }, other], counts);
	expect(recorded).toEqual([[[other], [counts[0]]]]);
	device.end();
});
