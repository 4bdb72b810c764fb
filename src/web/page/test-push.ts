/** A test push: sent the way of a message's, and watched until the notification is shown or a station is found that keeps it. */
import { present } from "../../syntax/present-fields.ts";
import type { Clock } from "../clock.ts";
import type { Devices, OwnDevice } from "../devices.ts";
import { Fault } from "../kit/fault.ts";
import type { DeviceApi, Registered, Session, Shown } from "../kit/kit.ts";
import type { Browser } from "./browser.ts";
import { faultOf, type PageFault } from "./page-fault.ts";

/** ms that a push may take until the page says where it is. */
const LATE = 30_000;

/** The stations of a push, in the order in which it passes them. */
export type Station = "server" | "reveille" | "push-service" | "browser";

/** ms on the way to each station; missing: not known. */
export interface Legs {
	server?: number;
	reveille?: number;
	pushService?: number;
}

export type TestResult =
	| { kind: "shown"; tookMs: number; legs: Legs }
	/** To the push service of a device that is elsewhere: whether it was shown is not seen here. */
	| { kind: "handed-over"; legs: Legs }
	/** `station`: where it stopped. `fault`: why, where somebody said it; `lastError`: the push service's words. */
	| { kind: "stopped"; station: Station; legs: Legs; fault?: PageFault; lastError?: string };

export interface TestEffects {
	devices: Devices;
	api: DeviceApi;
	browser: Pick<Browser, "hear">;
	clock: Clock;
}

/** How it is sent. */
export interface Sending {
	device: Pick<OwnDevice, "node" | "deviceSecret">;
	/** What the push says, where the sender decides; missing: Reveille does. */
	body?: string;
	/** Before the time is taken. */
	prepare(): Promise<void>;
	/** Resolves when Reveille has it. @returns the legs that are known by then */
	send(): Promise<{ legs: Legs; stopped?: { station: Station; lastError?: string } }>;
}

/** Sends it and waits. Never throws. @param signal ends the waiting */
export async function testPush(
	effects: TestEffects,
	sending: Sending,
	signal?: AbortSignal,
): Promise<TestResult> {
	const { devices, api, browser, clock } = effects;
	const { device, body } = sending;
	const waiting = new AbortController();
	signal?.addEventListener("abort", () => waiting.abort());
	let tookMs: number | undefined;
	const unhear = browser.hear((message) => {
		if (message.kind !== "test-shown" || message.node !== device.node) return;
		tookMs = message.tookMs;
		waiting.abort();
	});
	try {
		const before = await api.show(device).catch(absent);
		await sending.prepare();
		const startedAt = clock.now();
		await devices.setPendingTest(
			body === undefined ? { node: device.node, startedAt } : { node: device.node, body, startedAt },
		);
		const { legs, stopped } = await sending.send();
		if (stopped && tookMs === undefined) return { kind: "stopped", ...stopped, legs };
		await clock.after(LATE - (clock.now() - startedAt), waiting.signal);
		if (tookMs === undefined)
			return { kind: "stopped", legs, ...whereItStopped(before, await api.show(device)) };
		const lastTest = { at: clock.now(), tookMs };
		await devices.change(device.node, (known) => ({ ...known, lastTest }));
		return { kind: "shown", tookMs, legs: legsWithin(tookMs, legs) };
	} catch (error) {
		const fault = faultOf(error);
		return { kind: "stopped", station: stationOf(fault), legs: {}, fault };
	} finally {
		unhear();
	}
}

/** Reveille answers when the push service did, perhaps after the push was shown: the legs are no longer than the way. */
function legsWithin(tookMs: number, { server, reveille }: Legs): Legs {
	const toServer = Math.min(server ?? 0, tookMs);
	const inReveille = Math.min(reveille ?? 0, tookMs - toServer);
	const pushService = tookMs - toServer - inReveille;
	return {
		...present({
			server: server === undefined ? undefined : toServer,
			reveille: reveille === undefined ? undefined : inReveille,
		}),
		pushService,
	};
}

const absent = (): undefined => undefined;

/** What Reveille noted of the push service's answer since tells how far it came: its clock is not ours. */
function whereItStopped(before: Shown | undefined, after: Shown): { station: Station; lastError?: string } {
	if (after.lastErrorAt !== undefined && after.lastErrorAt !== before?.lastErrorAt) {
		return { station: "push-service", ...present({ lastError: after.lastError }) };
	}
	return { station: after.lastSuccessAt === before?.lastSuccessAt ? "reveille" : "browser" };
}

const stationOf = ({ kind }: PageFault): Station => {
	if (kind === "disconnected" || kind === "server-unreachable") return "server";
	return kind === "browser-refused" ? "browser" : "reveille";
};

/** By way of the account's server, as a message's push goes. @param body tells it from others */
export function byServer(
	{ session, address, clock }: { session: Session; address: string; clock: Clock },
	device: OwnDevice,
	registered: Registered,
	body: string,
): Sending {
	let roundTrip = 0;
	return {
		device,
		body,
		async prepare() {
			roundTrip = await session.roundTrip(address);
		},
		async send() {
			const publishedAt = clock.now();
			await session.publishTest(registered, body);
			const reveille = Math.max(0, clock.now() - publishedAt - roundTrip);
			return { legs: { server: roundTrip / 2, reveille } };
		},
	};
}

/** Straight from Reveille, with the device secret. */
export function byReveille(api: DeviceApi, device: OwnDevice): Sending {
	return {
		device,
		async prepare() {},
		async send() {
			const { result, reason } = await api.test(device);
			if (result === "delivered" || result === "superseded") return { legs: {} };
			if (result === "gone") throw new Fault({ kind: "ended" });
			if (result === "not-now") throw new Fault({ kind: "not-now", reason: reason ?? "" });
			const station = result === "skipped" ? "reveille" : "push-service";
			return { legs: {}, stopped: { station, ...present({ lastError: reason }) } };
		},
	};
}
