/** A push came: it is counted, shown, and told to the pages that are open. */
import { webWorkerBounds } from "../../limits/bounds/web-worker.ts";
import type { Devices, OwnDevice, WorkerMessage } from "../devices.ts";
import { openContent } from "./encrypted-content.ts";
import { ACCOUNT_REMOVED, type Known, notificationOf, type Shown, senderOf } from "./notification.ts";
import { type Payload, type PushData, payloadOf } from "./payload.ts";
import { oneMore, unreadInAll } from "./unread.ts";

export interface PushEffects {
	devices: Devices;
	/** ms since the epoch */
	now(): number;
	/** Resolves after so many ms. */
	after(ms: number): Promise<void>;
	/** BCP 47 */
	languages: readonly string[];
	show(shown: Shown): Promise<void>;
	/** Tells every open page. */
	tell(message: WorkerMessage): Promise<void>;
	setBadge(count: number): Promise<void>;
}

/**
 * Shows one notification, always: browsers end the subscriptions of those that show none. What the browser's database
 * does not say in time is left out.
 */
export async function takePush(event: PushData, effects: PushEffects): Promise<void> {
	const { now, after, languages, show, tell, setBadge } = effects;
	const published = payloadOf(event);
	const late = after(webWorkerBounds.storeTime.is).then(nothing);
	const inTime = <T>(learning: Promise<T>) => Promise.race([learning.catch(nothing), late]);
	const payload = (published?.encrypted && (await inTime(opened(published, effects)))) ?? published;
	const { known = {}, badge } = (await inTime(learn(payload, effects))) ?? {};
	await show(notificationOf(payload, known, { now: now(), languages }));
	await Promise.all([
		badge === undefined ? undefined : setBadge(badge).catch(nothing),
		payload && tell(messageOf(payload, known, now())).catch(nothing),
	]);
}

const nothing = (): undefined => undefined;

/** What was encrypted for this browser is read with the key of its device. */
async function opened(payload: Payload, { devices }: PushEffects): Promise<Payload> {
	const device = await devices.get(payload.node);
	return openContent(payload, device?.contentKey);
}

/** Writes what is new into the browser's database, and reads what there is to know. */
async function learn(
	payload: Payload | undefined,
	{ devices, now }: PushEffects,
): Promise<{ known: Known; badge: number }> {
	const test = payload && (await takeTest(payload, devices));
	const at = now();
	const testTookMs = test && at - test.startedAt;
	const device = payload && (await devices.change(payload.node, changed(payload, { at, testTookMs })));
	const [all, openedAt, language, openTemplate] = await Promise.all([
		devices.all(),
		devices.openedAt(),
		devices.language(),
		devices.openTemplate(),
	]);
	const isOneOfSeveral = new Set(all.filter(({ ended }) => !ended).map(({ account }) => account)).size > 1;
	return {
		known: { device, isOneOfSeveral, testTookMs, openedAt, language, openTemplate },
		badge: unreadInAll(all),
	};
}

/** A test takes the way of a message. */
async function takeTest({ class: pushClass, node, body }: Payload, devices: Devices) {
	return pushClass === "high" ? devices.takePendingTest(node, body) : undefined;
}

const changed =
	(payload: Payload, { at, testTookMs }: { at: number; testTookMs: number | undefined }) =>
	(device: OwnDevice): OwnDevice => {
		const pushed = { ...device, lastPushAt: at };
		if (testTookMs !== undefined) return { ...pushed, lastTest: { at, tookMs: testTookMs } };
		if (payload.class === "high") return oneMore(pushed, senderOf(payload), payload.count);
		if (payload.class === "event" && payload.event === ACCOUNT_REMOVED)
			return { ...pushed, unread: {}, ended: { at, why: "account-removed" } };
		return pushed;
	};

function messageOf({ node, event }: Payload, { testTookMs }: Known, at: number): WorkerMessage {
	if (testTookMs !== undefined) return { kind: "test-shown", node, at, tookMs: testTookMs };
	return event === ACCOUNT_REMOVED ? { kind: "changed" } : { kind: "shown", node };
}
